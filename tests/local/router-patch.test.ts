import { createRequire } from "node:module";
import type * as StaticRouter from "react-router-dom/server";
import { expect, test } from "vitest";

type Match = { route: { id: string }; params: object; pathname: string; pathnameBase: string };
type Router = { matchRoutes(routes: object[], path: string, basename?: string): Match[] | null };

const require = createRequire(import.meta.url);
const patched: Router = require("@remix-run/router");
const { createStaticHandler, createStaticRouter } = require("react-router-dom/server") as typeof StaticRouter;
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

const found = ({ matchRoutes }: Router, path: string, base?: string) =>
  matchRoutes(routes, path, base)?.map(({ route, ...rest }) => ({ ...rest, id: route.id })) ?? null;

test.each(paths)(
  "the server's router, which leaves out what cannot match, finds for %j what upstream's finds",
  (path) => {
    expect(found(patched, path)).toEqual(found(upstream, path));
    expect(found(upstream, path)).not.toBeNull();
  },
);

test("and below a base", () => {
  for (const path of ["/base", "/base/explore", "/base/blue/seats/7", "/explore"])
    expect(found(patched, path, "/base")).toEqual(found(upstream, path, "/base"));
  expect(found(patched, "/base/blue/seats/7", "/base")?.at(-1)?.id).toBe("seat");
  expect(found(patched, "/explore", "/base")).toBeNull();
});

test("it reads the routes once, which upstream's does for each address", () => {
  const reads = ({ matchRoutes }: Router) => {
    let count = 0;
    const watched = [
      {
        id: "explore",
        get path() {
          count += 1;
          return "explore";
        },
      },
      { id: "rest", path: "*" },
    ];
    matchRoutes(watched, "/explore");
    const first = count;
    matchRoutes(watched, "/explore");
    matchRoutes(watched, "/blue/seats/7");
    return { first, later: count - first };
  };
  expect(reads(patched).first).toBeGreaterThan(0);
  expect(reads(patched).later).toBe(0);
  expect(reads(upstream).later).toBeGreaterThan(0);
});

test("two pages share the server's routes, and neither sees what the other loaded", async () => {
  const loaded = [
    { id: "root", path: "/", loader: ({ request }: { request: Request }) => request.headers.get("x-who") },
  ];
  const { query } = createStaticHandler(loaded);
  const pages = await Promise.all(
    ["anna", "ben"].map((who) => query(new Request("http://localhost/", { headers: { "x-who": who } }))),
  );
  const routers = pages.map((page) => {
    if (page instanceof Response) throw new Error("no page");
    return createStaticRouter(loaded, page);
  });
  expect(routers.map((router) => router.state.loaderData)).toEqual([{ root: "anna" }, { root: "ben" }]);
  // Made once, for both.
  expect(routers[0]!.routes).toBe(routers[1]!.routes);
});
