import type { Storage, StoredObject } from "#app/services/storage.ts";

/** All objects of one folder of the bucket. */
export type Group = { folder: string; objects: StoredObject[] };

/** The objects under `prefix` folder by folder, in the order of their names; `depth`: how many names make a folder. */
export async function* listGroups(
  storage: Storage,
  { prefix, depth }: { prefix: string; depth: number },
): AsyncGenerator<Group> {
  let group: Group | undefined;
  for await (const page of storage.pages(prefix))
    for (const object of page) {
      const folder = `${object.key.split("/").slice(0, depth).join("/")}/`;
      if (group && group.folder !== folder) yield group;
      if (group?.folder !== folder) group = { folder, objects: [] };
      group.objects.push(object);
    }
  if (group) yield group;
}

/** The repair of what nobody needs. */
export const removalOf =
  (objects: readonly StoredObject[]) =>
  async ({ storage }: { storage: Storage }): Promise<void> => {
    for (const { key } of objects) await storage.remove(key);
  };

/** Two lists in the order of their folders as one: what is in both stands side by side. */
export async function* sideBySide<A extends { folder: string }, B extends { folder: string }>(
  left: AsyncIterable<A>,
  right: AsyncIterable<B>,
): AsyncGenerator<[A | undefined, B | undefined]> {
  const [lefts, rights] = [left[Symbol.asyncIterator](), right[Symbol.asyncIterator]()];
  const next = async <T>(of: AsyncIterator<T>) => {
    const { done, value } = await of.next();
    return done ? undefined : value;
  };
  let [a, b] = [await next(lefts), await next(rights)];
  while (a || b) {
    const order = !a ? 1 : !b ? -1 : Buffer.compare(Buffer.from(a.folder), Buffer.from(b.folder));
    yield [order <= 0 ? a : undefined, order >= 0 ? b : undefined];
    if (order <= 0) a = await next(lefts);
    if (order >= 0) b = await next(rights);
  }
}
