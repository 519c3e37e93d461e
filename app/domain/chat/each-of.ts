/** Does something with each, one after another, also when it fails with some; then throws the first failure. */
export async function eachOf<Item>(items: Item[], act: (item: Item) => Promise<unknown>): Promise<void> {
  const failures: unknown[] = [];
  for (const item of items) await act(item).catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}
