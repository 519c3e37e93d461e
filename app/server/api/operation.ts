import type { z } from "zod";
import type { Caller } from "#app/domain/api-keys/keys.ts";
import type { Scope } from "#app/domain/api-keys/scopes.ts";
import type { Queue } from "#app/jobs/queue.ts";
import type { Db } from "#db/client.ts";
import type { Json } from "#db/types.ts";
import type { Place, Problem } from "./problem.ts";

/** What an operation is asked with. `db` is a transaction's where it changes something. */
export type Asked<Query, Body> = {
  db: Db;
  queue: Queue;
  caller: Caller;
  /** From the address; an id of some kind, or "" where the address has none. */
  id: string;
  query: Query;
  body: Body;
};

export type Outcome = { ok: true; body: Json } | { ok: false; problem: Problem };

export type Operation = {
  name: string;
  method: "get" | "post" | "patch";
  /** Behind `/api/v1`: "/grants/{id}". */
  path: string;
  scope: Scope;
  summary: string;
  description?: string;
  query?: z.ZodObject;
  body?: z.ZodObject;
  /** The body may be left out. */
  bodyOptional?: boolean;
  answer: z.ZodType;
  status: 200 | 201;
  /** Statuses beside those that every operation has. */
  refusals: (404 | 409 | 422)[];
  run(asked: Asked<never, never>): Promise<Outcome>;
};

type Typed<Query extends z.ZodObject, Body extends z.ZodObject> = Omit<
  Operation,
  "query" | "body" | "run"
> & {
  query?: Query;
  body?: Body;
  run(asked: Asked<z.output<Query>, z.output<Body>>): Promise<Outcome>;
};

/** One thing that the API does: from this the router, the rules for what is sent, and the OpenAPI file are made. */
export const operation = <Query extends z.ZodObject, Body extends z.ZodObject>(typed: Typed<Query, Body>) =>
  typed as Operation;

export const answer = (body: unknown): Outcome => ({ ok: true, body: body as Json });

export const notFound = (detail: string): Outcome => ({ ok: false, problem: { kind: "not_found", detail } });

export const conflict = (detail: string): Outcome => ({ ok: false, problem: { kind: "conflict", detail } });

/** Fields that are each well formed and cannot be all the same. */
export const unprocessable = (...errors: Place[]): Outcome => ({
  ok: false,
  problem: { kind: "unprocessable", detail: errors[0]!.detail, errors },
});
