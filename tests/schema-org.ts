import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

/**
 * The vocabulary of schema.org as the package `schema-dts` has it, which is made from the one that schema.org publishes. Its
 * types are read as they stand: the compiler asks nothing about what an object has that was spread into another one.
 */
const written = readFileSync(
  path.join(path.dirname(createRequire(import.meta.url).resolve("schema-dts")), "schema.d.ts"),
  "utf8",
);

/** Of each set of properties: those of which it has all, too, and what its own may be. */
const sets = new Map<string, { of: string[]; own: Map<string, string[]> }>();
for (const [, name = "", of = "", body = ""] of written.matchAll(
  /^(?:export )?interface (\w+(?:Base|Leaf)) extends ([^{]+) \{\n([\s\S]*?)^\}/gm,
)) {
  const own = [...body.matchAll(/^ {4}"(\w+)"\?: SchemaValue<(.+), "\1">;$/gm)];
  sets.set(name, {
    of: of.split(", "),
    own: new Map(own.map(([, property = "", values = ""]) => [property, values.split(" | ")])),
  });
}

/** Of each name what it stands for: other names, words in quotes, and what is no object. */
const unions = new Map<string, string[]>();
for (const [, name = "", of = ""] of written.matchAll(/^export type (\w+) = (.+);$/gm))
  unions.set(name, of.split(" | "));

/** What the property of a type may be; undefined where the type has none of that name. */
function valuesOf(set: string, property: string): string[] | undefined {
  const { of = [], own } = sets.get(set) ?? {};
  const mine = own?.get(property);
  if (mine) return mine;
  for (const each of of) {
    const inherited = valuesOf(each, property);
    if (inherited) return inherited;
  }
  return undefined;
}

/** All that these names stand for. */
function standFor(names: string[], found = new Set<string>()): Set<string> {
  for (const name of names) {
    if (found.has(name)) continue;
    found.add(name);
    standFor(unions.get(name) ?? [], found);
  }
  return found;
}

const isDateTime = (text: string) =>
  /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?)?$/.test(text) && !Number.isNaN(Date.parse(text));

/** What a text must be where nothing but these is wanted. */
const texts: [name: string, is: (text: string) => boolean][] = [
  ["Text", () => true],
  ["URL", (text) => URL.canParse(text)],
  ["Date", isDateTime],
  ["DateTime", isDateTime],
  ["Duration", (text) => /^P(?=\d|T\d)(\d+D)?(T(\d+H)?(\d+M)?(\d+S)?)?$/.test(text)],
];

function isOneOf(value: unknown, names: string[]): boolean {
  const all = standFor(names);
  if (typeof value === "boolean") return all.has("boolean");
  if (typeof value === "number") return all.has("number");
  if (typeof value === "string")
    return all.has(JSON.stringify(value)) || texts.some(([name, is]) => all.has(name) && is(value));
  const type = typeOf(value);
  return type !== undefined && all.has(`${type}Leaf`);
}

const typeOf = (value: unknown) =>
  typeof value === "object" && value !== null && "@type" in value && typeof value["@type"] === "string"
    ? value["@type"]
    : undefined;

/**
 * What is wrong with an object in schema.org's words (JSON-LD, as it is sent): types and properties that there are not, that
 * a type does not have, or that cannot be what they are. Empty: nothing.
 */
export function wrongIn(value: object, at = ""): string[] {
  const type = typeOf(value);
  const set = `${type}Leaf`;
  if (!sets.has(set)) return [`${at || "it"} is of no type that there is: ${type}`];
  return Object.entries(value).flatMap(([property, said]) => {
    if (property === "@type" || (property === "@context" && at === "")) return [];
    const here = `${at}.${property}`;
    const wanted = valuesOf(set, property);
    if (!wanted) return [`${here} is no property of ${type}`];
    const values = (Array.isArray(said) ? said : [said]) as unknown[];
    return values.flatMap((each) => {
      if (!isOneOf(each, wanted))
        return [`${here} cannot be ${JSON.stringify(each)}, but ${wanted.join(", ")}`];
      return typeof each === "object" ? wrongIn(each as object, here) : [];
    });
  });
}
