import { listSpaceGrants } from "#app/domain/grants/of-space.ts";
import { countGrants, findGrants } from "#app/domain/grants/search.ts";
import { findPass, listPasses } from "#app/domain/passes/lists.ts";
import { findSpacePass, listSpacePasses } from "#app/domain/passes/of-space.ts";
import type { Db } from "#db/client.ts";

const most = 50;

type Question = { what: string; ask: () => Promise<unknown> };

/** What the pages of a creator and the API ask about the grants of a space, and of a pass that half of them are of. */
export function questionsOf(
  db: Db,
  { spaceId, passId, middle }: { spaceId: string; passId: string; middle: string },
): Question[] {
  const find = (
    what: string,
    asked: Omit<Parameters<typeof findGrants>[1], "spaceId" | "most">,
  ): Question[] =>
    [
      { where: "pass", scope: { spaceId, passId } },
      { where: "space", scope: { spaceId } },
    ].map(({ where, scope }) => ({
      what: `${what}, ${where}`,
      ask: () => findGrants(db, { ...scope, ...asked, most }),
    }));
  const count = (what: string, asked: object): Question[] => [
    { what: `count ${what}, pass`, ask: () => countGrants(db, { spaceId, passId, ...asked }) },
    { what: `count ${what}, space`, ask: () => countGrants(db, { spaceId, ...asked }) },
  ];
  const list = (
    what: string,
    asked: Omit<Parameters<typeof listSpaceGrants>[1], "spaceId" | "passId" | "most">,
  ): Question[] => [
    { what: `API: ${what}, pass`, ask: () => listSpaceGrants(db, { spaceId, passId, ...asked, most }) },
    { what: `API: ${what}, space`, ask: () => listSpaceGrants(db, { spaceId, ...asked, most }) },
  ];
  return [
    ...find("first page", {}),
    ...find("a page in the middle", { after: { id: middle } }),
    ...find("active", { state: "active" }),
    ...find("ends soon", { state: "ends_soon" }),
    ...find("run out", { state: "ended" }),
    ...find("refunded", { state: "refunded" }),
    ...find("taken back: none", { state: "cancelled" }),
    ...find("asked for", { source: "request" }),
    ...find("by a link: none", { source: "link" }),
    ...find("refunded and asked for", { state: "refunded", source: "request" }),
    ...find("one address", { search: "guest-123456@mail" }),
    ...find("a part that is rare", { search: "uest-4999" }),
    ...find("a part that all have", { search: "example" }),
    ...find("a part that a tenth have", { search: "uest 1" }),
    ...find("a name of others", { search: "Edsger" }),
    ...find("two letters", { search: "gu" }),
    ...find("nobody", { search: "zebra" }),
    ...find("signs", { search: "%_" }),
    ...find("a name and refunded", { search: "Guest 77", state: "refunded" }),
    ...find("a name that ends soon", { search: "uest 12", state: "ends_soon" }),
    ...count("all", {}),
    ...count("active", { state: "active" }),
    ...count("refunded", { state: "refunded" }),
    ...count("ends soon", { state: "ends_soon" }),
    ...list("first page", {}),
    ...list("a page in the middle", { before: middle }),
    ...list("active", { status: "active" }),
    ...list("run out", { status: "expired" }),
    ...list("refunded", { status: "refunded" }),
    ...list("taken back: none", { status: "cancelled" }),
    ...list("one address", { email: "guest-123456@mail.example" }),
    ...list("one address, refunded", { email: "guest-123456@mail.example", status: "refunded" }),
    { what: "API: the pass", ask: () => findSpacePass(db, { spaceId, passId }) },
    { what: "API: passes", ask: () => listSpacePasses(db, { spaceId, most }) },
    { what: "the page of the pass", ask: () => findPass(db, { spaceId, passId }) },
    { what: "the page of the passes", ask: () => listPasses(db, spaceId) },
  ];
}
