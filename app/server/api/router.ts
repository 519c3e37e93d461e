import { createHash } from "node:crypto";
import express, { type NextFunction, type Request, type Response, Router } from "express";
import { z } from "zod";
import type { Services } from "#app/context.ts";
import { type Caller, findCaller } from "#app/domain/api-keys/keys.ts";
import { answerOnce } from "#app/domain/api-keys/once.ts";
import { isId } from "#app/domain/text.ts";
import { isDatabaseAway } from "../database-away.ts";
import { grantOperations } from "./grants.ts";
import { takeRequest } from "./limits.ts";
import { openApiDocument } from "./openapi.ts";
import type { Operation } from "./operation.ts";
import { passOperations } from "./passes.ts";
import { placesOf, type Problem, problemBody, problemKinds } from "./problem.ts";
import { streamOperations } from "./streams.ts";

export const operations: readonly Operation[] = [...grantOperations, ...passOperations, ...streamOperations];

/** No request of ours is larger. */
const mostBytes = 64 * 1024;

/**
 * The API for programs of a space's owners. Must be mounted before anything that reads bodies or asks for an origin: it
 * takes keys and nothing else, and no browser of another site can have one.
 */
export function apiRouter(services: Services): Router {
  const { config, db, log } = services;
  const router = Router();
  const document = openApiDocument(operations, config.publicUrl);

  router.use(async (request, response, next) => {
    response.set("Cache-Control", "no-store");
    const of = request.ip ?? "";
    try {
      const refused = await takeRequest(db, response, { budget: "api.network", of, name: "address" });
      if (refused) refuse(response, refused);
      else next();
    } catch (error) {
      next(error);
    }
  });
  router.get("/openapi.json", (_, response) => void response.json(document));

  const read = express.raw({ type: () => true, limit: mostBytes, inflate: false });
  for (const one of operations) {
    router[one.method](one.path.replace("{id}", ":id"), admit(one), read, async (request, response, next) => {
      try {
        await answerTo(one, request, response);
      } catch (error) {
        next(error);
      }
    });
  }
  for (const path of new Set([...operations.map((one) => one.path), "/openapi.json"])) {
    const methods = operations.flatMap((one) => (one.path === path ? [one.method.toUpperCase()] : []));
    const allowed = path === "/openapi.json" ? ["GET"] : methods;
    if (allowed.includes("GET")) allowed.push("HEAD");
    router.all(path.replace("{id}", ":id"), (_, response) => {
      response.set("Allow", allowed.join(", "));
      refuse(response, { kind: "method", detail: `This address takes ${allowed.join(", ")}.` });
    });
  }
  router.use((_request: Request, response: Response) =>
    refuse(response, { kind: "not_found", detail: "The API has no such address." }),
  );
  router.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    if (response.headersSent) return void response.destroy();
    const problem = problemOf(error);
    const { requestId } = response.locals as { requestId?: string };
    if (problem.kind === "bug") log.error({ err: error, requestId }, "an API request failed");
    if (problem.kind === "too_large") response.set("Connection", "close");
    refuse(response, problem);
  });
  return router;

  /** Who calls, by their key, and whether they may. */
  function admit(one: Operation) {
    return async (request: Request, response: Response, next: NextFunction) => {
      try {
        const [, secret = ""] = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? "") ?? [];
        const caller = await findCaller(db, secret);
        if (!caller) {
          response.set("WWW-Authenticate", `Bearer realm="Frontrow"${secret && ', error="invalid_token"'}`);
          const detail = secret
            ? "This key does not exist, was revoked, or was made by somebody who is no longer an owner of the space."
            : "Send a key of your space: Authorization: Bearer frk_…";
          return refuse(response, { kind: "unauthorized", detail });
        }
        response.locals.caller = caller;
        const limit = { budget: "api.key", of: caller.keyId, name: "key" } as const;
        const refused = await takeRequest(db, response, limit);
        if (refused) return refuse(response, refused);
        if (!caller.scopes.includes(one.scope)) {
          response.set(
            "WWW-Authenticate",
            `Bearer realm="Frontrow", error="insufficient_scope", scope="${one.scope}"`,
          );
          return refuse(response, { kind: "scope", detail: `This needs a key with the scope ${one.scope}.` });
        }
        next();
      } catch (error) {
        next(error);
      }
    };
  }

  async function answerTo(one: Operation, request: Request, response: Response): Promise<void> {
    const caller = response.locals.caller as Caller;
    const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const { id = "" } = request.params;
    if (one.path.includes("{id}") && !isId(id))
      return refuse(response, { kind: "not_found", detail: "There is no such thing in this space." });
    const sent = readRequest(one, request, bytes);
    if (!sent.ok) return refuse(response, sent.problem);
    const asked = { queue: services.queue, caller, id: id.toLowerCase(), query: sent.query, body: sent.body };
    const run = async (on: Services["db"]) => {
      const outcome = await one.run({ ...asked, db: on } as never);
      if (outcome.ok) return { status: one.status, body: outcome.body };
      const { kind, retryAfter = null } = outcome.problem;
      const body = problemBody(outcome.problem, config.publicUrl);
      return { status: problemKinds[kind].status, body: { ...body, retryAfter } };
    };
    if (one.method === "get") return send(response, await run(db));

    const key = readKey(one, request);
    if (!key.ok) return refuse(response, key.problem);
    const hash = createHash("sha256").update(`${request.method} ${request.path}\n`).update(bytes).digest();
    const once = await answerOnce(db, { spaceId: caller.spaceId, key: key.value, hash }, run);
    if (!once.ok) {
      const first = once.reason === "running";
      const detail = first
        ? "Wait until the first request is answered, and send this one again then."
        : "This idempotency key came with another request within the last day. Take a new one.";
      const problem = {
        kind: first ? "running" : "key_reused",
        detail,
        ...(first && { retryAfter: 1 }),
      } as const;
      return refuse(response, problem);
    }
    if (once.replayed) response.set("Idempotency-Replayed", "true");
    send(response, once.answer);
  }

  function send(response: Response, { status, body }: { status: number; body: unknown }): void {
    if (status < 400) return void response.status(status).json(body);
    const { retryAfter, ...problem } = body as { retryAfter: number | null };
    if (retryAfter) response.set("Retry-After", String(retryAfter));
    response.status(status).type("application/problem+json").send(JSON.stringify(problem));
  }

  function refuse(response: Response, problem: Problem): void {
    const { retryAfter = null } = problem;
    const { status } = problemKinds[problem.kind];
    send(response, { status, body: { ...problemBody(problem, config.publicUrl), retryAfter } });
  }
}

const noParameters = z.strictObject({});

type Sent = { ok: true; query: unknown; body: unknown } | { ok: false; problem: Problem };

function readRequest(one: Operation, request: Request, bytes: Buffer): Sent {
  const query = (one.query ?? noParameters).safeParse(request.query);
  if (!query.success) return invalid(placesOf(query.error, "query"));
  if (!one.body || (one.bodyOptional && bytes.length === 0))
    return { ok: true, query: query.data, body: one.body?.parse({}) };
  const type = (request.headers["content-type"] ?? "").split(";")[0]!.trim().toLowerCase();
  if (type !== "application/json")
    return {
      ok: false,
      problem: { kind: "not_json", detail: "Send the body as Content-Type: application/json." },
    };
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return { ok: false, problem: { kind: "invalid", detail: "The body is not JSON that we can read." } };
  }
  const body = one.body.safeParse(json);
  return body.success
    ? { ok: true, query: query.data, body: body.data }
    : invalid(placesOf(body.error, "body"));
}

function invalid(errors: NonNullable<Problem["errors"]>): Sent {
  // A body of a thousand mistakes is answered with the first of them.
  const detail = errors.length === 1 ? errors[0]!.detail : "Several things are not right: see `errors`.";
  return { ok: false, problem: { kind: "invalid", detail, errors: errors.slice(0, 50) } };
}

function readKey(
  one: Operation,
  request: Request,
): { ok: true; value: string | undefined } | { ok: false; problem: Problem } {
  const value = request.headers["idempotency-key"];
  if (one.method !== "post" || value === undefined) return { ok: true, value: undefined };
  if (typeof value === "string" && /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/.test(value))
    return { ok: true, value };
  const detail = "An Idempotency-Key is 1 to 255 printable ASCII characters.";
  return { ok: false, problem: { kind: "invalid", detail } };
}

function problemOf(error: unknown): Problem {
  const { status, type } = (error ?? {}) as { status?: unknown; type?: unknown };
  if (type === "entity.too.large")
    return { kind: "too_large", detail: "A request has at most 64 KiB. Nothing was changed." };
  if (status === 415) return { kind: "not_json", detail: "Send the body as it is, not compressed." };
  if (status === 400) return { kind: "invalid", detail: "The request could not be read." };
  if (isDatabaseAway(error))
    return { kind: "away", detail: "Nothing was changed. Try again in some seconds.", retryAfter: 10 };
  return { kind: "bug", detail: "Nothing was changed. We have written it down and will look at it." };
}
