import pg from "pg";

/** What open pages were told through the database at `url` while `change` ran. */
export async function hear(url: string, change: () => Promise<unknown>): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const heard: unknown[] = [];
  client.on("notification", ({ payload }) => heard.push(JSON.parse(payload ?? "null")));
  await client.query("listen frontrow_changes");
  await change();
  // Notices arrive before the answer to a later question on the same connection.
  await client.query("select 1");
  await client.end();
  return heard;
}
