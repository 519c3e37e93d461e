import { createRequire } from "node:module";
import { expect, test } from "vitest";

type Match = { route: { id: string }; params: object; pathname: string; pathnameBase: string };
type Router = { matchRoutes(routes: object[], path: string, basename?: string): Match[] | null };

const require = createRequire(import.meta.url);
const patched: Router = require("@remix-run/router");
// What browsers get, which has no patch.
const upstream = (await import("@remix-run/router/dist/router.js" as string)) as Router;

const routes = [
  {
    id: "root",
    path: "",
    children: [
      { id: "home", index: true },
      { id: "explore", path: "explore" },
      {
        id: "hall",
        path: ":hall",
        children: [
          { id: "hall-front", index: true },
          { id: "seat", path: "seats/:seat" },
        ],
      },
      {
        id: "account",
        path: "account",
        children: [
          { id: "account-front", index: true },
          {
            id: "show",
            path: "shows/:id",
            children: [
              { id: "show-front", index: true },
              { id: "csv", path: "list.csv" },
            ],
          },
          { id: "pathless", children: [{ id: "deep", path: "a/b/c/d" }] },
        ],
      },
      { id: "optional", path: "help/:language?/start" },
      { id: "maybe", path: "plan?" },
      { id: "api", path: "api/*" },
      { id: "rest", path: "*" },
    ],
  },
];

const paths = [
  ...["/", "", "//", "/explore", "/explore/", "/explore//", "//explore", "/EXPLORE", "/explore?a=/b#/c"],
  ...[
    "/blue",
    "/blue/",
    "/blue/seats/7",
    "/blue//seats/7",
    "/blue/seats/7/",
    "/blue/seats/a%2Fb",
    "/blue/seats/%20",
    "/blue/seats",
  ],
  ...[
    "/account",
    "/account/shows/1",
    "/account/shows/1/list.csv",
    "/account/shows/1/list.csv/more",
    "/account/a/b/c/d",
    "/account/a/b/c",
  ],
  ...[
    "/help/start",
    "/help/de/start",
    "/help/de/en/start",
    "/plan",
    "/api",
    "/api/",
    "/api/v1/x/y/z",
    "/no/such/page/at/all",
    "/%E0%A4%A",
  ],
];

test.each(paths)(
  "the server's router, which leaves out what cannot match, finds for %j what upstream's finds",
  (path) => {
    const found = ({ matchRoutes }: Router) =>
      matchRoutes(routes, path)?.map(({ route, ...rest }) => ({ ...rest, id: route.id })) ?? null;
    expect(found(patched)).toEqual(found(upstream));
    expect(found(upstream)).not.toBeNull();
  },
);

test("and below a base", () => {
  for (const path of ["/base", "/base/explore", "/base/blue/seats/7", "/explore"])
    expect(patched.matchRoutes(routes, path, "/base")?.length).toBe(
      upstream.matchRoutes(routes, path, "/base")?.length,
    );
});
