import { data, type ServerBuild } from "@remix-run/node";

const connectionCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOENT",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
]);

/**
 * Whether an error says that the database cannot be reached right now: the socket, or Postgres itself while it shuts
 * down, starts, or has no connection left (classes 08, 57P and 53300 of its error codes).
 */
export function isDatabaseAway(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isDatabaseAway);
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (typeof code === "string" && (connectionCodes.has(code) || /^(08...|57P0.|53300)$/.test(code)))
    return true;
  // pg tells these without a code: broken, none free, silent; the last when a transaction goes on after its connection ended.
  return /^Connection terminated|timeout exceeded when trying to connect|^Query read timeout$|is not queryable$/.test(
    error.message,
  );
}

type Routes = ServerBuild["routes"];
type RouteFunction = NonNullable<NonNullable<Routes[string]>["module"]["loader"]>;

/** The build with loaders and actions that answer 503 while the database is away, which pages know how to say. */
export function withDatabaseAway(build: ServerBuild): ServerBuild {
  const routes: Routes = {};
  for (const [id, route] of Object.entries(build.routes)) {
    if (!route) continue;
    const { loader, action } = route.module;
    const module = { ...route.module, loader: loader && guarded(loader), action: action && guarded(action) };
    routes[id] = { ...route, module };
  }
  return { ...build, routes };
}

function guarded(run: RouteFunction): RouteFunction {
  return async (args) => {
    try {
      return await run(args);
    } catch (error) {
      if (!isDatabaseAway(error)) throw error;
      throw data(null, { status: 503, headers: { "Retry-After": "10" } });
    }
  };
}
