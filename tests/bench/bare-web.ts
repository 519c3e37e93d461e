import { createServer } from "node:http";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { createRequestHandler } from "@remix-run/express";
import type { AppLoadContext, ServerBuild } from "@remix-run/node";
import compression from "compression";
import express from "express";

/*
 * The baselines of the web process, as processes of their own: `node bare-web.ts empty` is Remix behind express with one
 * route that has no loader; `node bare-web.ts frozen FILE` renders the same pages as the product, with loaders that give
 * what FILE holds (route id to value, and `path`) instead of asking anybody.
 */
type Routes = ServerBuild["routes"];
type RouteModule = NonNullable<Routes[string]>["module"];

const [kind, file] = process.argv.slice(2);
const buildFolder = path.join(import.meta.dirname, "../../build");
const product = (await import(pathToFileURL(path.join(buildFolder, "server/index.js")).href)) as ServerBuild;
const context = {
  cspNonce: "bench",
  requestId: "bench",
  viewer: async () => null,
  log: console,
} as unknown as AppLoadContext;

const app = express();
app.disable("x-powered-by");
app.use(compression());
app.use("/assets", express.static(path.join(buildFolder, "client/assets")));
const build = kind === "empty" ? emptyBuild() : await frozenBuild();
app.all("*", createRequestHandler({ build, mode: "production", getLoadContext: () => context }));
const server = createServer(app).listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address && typeof address === "object") console.log(`http://127.0.0.1:${address.port}`);
});

function emptyBuild(): ServerBuild {
  const root = product.routes.root!;
  const module: RouteModule = { default: () => "Nothing here." };
  const assets = { ...product.assets, routes: { root: product.assets.routes.root! } };
  return { ...product, assets, routes: { root: { ...root, module } } };
}

async function frozenBuild(): Promise<ServerBuild> {
  const { default: loaded } = (await import(pathToFileURL(file!).href, { with: { type: "json" } })) as {
    default: Record<string, unknown>;
  };
  const routes: Routes = {};
  for (const [id, route] of Object.entries(product.routes)) {
    if (!route) continue;
    const loader = id in loaded ? async () => loaded[id] : undefined;
    routes[id] = { ...route, module: { ...route.module, loader, action: undefined } };
  }
  return { ...product, routes };
}
