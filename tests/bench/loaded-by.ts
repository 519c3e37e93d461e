/** What the loaders of a page gave (to nobody, without a cookie), by route id: single fetch tells it. */
export async function loadedBy(url: string, page: string, cookie?: string): Promise<Record<string, unknown>> {
  const answer = await fetch(`${url}${page}.data`, { headers: cookie ? { cookie } : {} });
  const { decode } = await import("turbo-stream");
  const { value } = await decode(answer.body!);
  const routes = (await value) as Record<string, { data?: unknown }>;
  return Object.fromEntries(
    Object.entries(routes).flatMap(([id, each]) => (each && "data" in each ? [[id, each.data]] : [])),
  );
}
