import { badInput } from "./chat-error.ts";
import type { Fields } from "./objects.ts";

/**
 * Whether an object matches a filter of the query language (Stream's documentation of query syntax): `$and`, `$or`,
 * `$nor`, and on a field `$eq`, `$ne`, `$in`, `$nin`, `$gt(e)`, `$lt(e)`, `$exists`, `$autocomplete`. Another operator is
 * code 4.
 */
export function matches(object: Fields, filter: Fields): boolean {
  return Object.entries(filter).every(([name, wanted]) => {
    if (name === "$and") return (wanted as Fields[]).every((each) => matches(object, each));
    if (name === "$or") return (wanted as Fields[]).some((each) => matches(object, each));
    if (name === "$nor") return !(wanted as Fields[]).some((each) => matches(object, each));
    const value = object[name];
    if (wanted === null || typeof wanted !== "object" || Array.isArray(wanted)) return same(value, wanted);
    return Object.entries(wanted as Fields).every(([operator, operand]) => compare(operator, value, operand));
  });
}

function compare(operator: string, value: unknown, operand: unknown): boolean {
  switch (operator) {
    case "$eq":
      return same(value, operand);
    case "$ne":
      return !same(value, operand);
    case "$in":
      return (operand as unknown[]).some((each) => same(value, each));
    case "$nin":
      return !(operand as unknown[]).some((each) => same(value, each));
    case "$exists":
      return (value !== undefined && value !== null) === operand;
    case "$autocomplete":
      return String(value ?? "")
        .toLowerCase()
        .includes(String(operand).toLowerCase());
    case "$gt":
      return (value as string) > (operand as string);
    case "$gte":
      return (value as string) >= (operand as string);
    case "$lt":
      return (value as string) < (operand as string);
    case "$lte":
      return (value as string) <= (operand as string);
    default:
      throw badInput("Query", `operator ${operator} is not supported`);
  }
}

const same = (value: unknown, wanted: unknown): boolean =>
  Array.isArray(value) && !Array.isArray(wanted)
    ? value.includes(wanted)
    : JSON.stringify(value) === JSON.stringify(wanted);

/** `sort` is a list of `{field, direction}` (1 or -1), as the SDK normalizes it. */
export function sorted<T extends Fields>(objects: T[], sort: unknown): T[] {
  const order = (Array.isArray(sort) ? sort : []) as { field: string; direction: number }[];
  return objects.toSorted((a, b) => {
    for (const { field, direction } of order) {
      const [one, other] = [String(a[field] ?? ""), String(b[field] ?? "")];
      if (one !== other) return (one < other ? -1 : 1) * (direction ?? 1);
    }
    return 0;
  });
}
