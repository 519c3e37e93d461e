import { z } from "zod";
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from "zod-openapi";
import { scopeWords } from "#app/domain/api-keys/scopes.ts";
import type { Operation } from "./operation.ts";
import { problemKinds, problemSchema } from "./problem.ts";
import { describeWebhooks } from "./webhook-messages.ts";

const path = z.object({ id: z.uuid() });
const idempotencyKey = z.string().min(1).max(255).optional().meta({
  description:
    "Any text of your own, at most 255 printable characters. The same request sent again with the same key within a day is answered as the first time, and nothing is done twice. A 429 or 5xx is not kept: send the same request again later.",
});

/** Beside what each operation says of itself. */
const always = [400, 401, 403, 429, 500, 503] as const;

const problem = (status: number) => ({
  description: [
    ...new Set(Object.values(problemKinds).flatMap((kind) => (kind.status === status ? [kind.title] : []))),
  ].join("; "),
  content: { "application/problem+json": { schema: problemSchema } },
});

function describe(one: Operation): ZodOpenApiOperationObject {
  const body = one.method === "get" ? undefined : one.body;
  const writes = one.method !== "get";
  const statuses = [
    ...always,
    ...one.refusals,
    ...(writes ? ([409, 413, 415] as const) : []),
    ...(one.method === "post" ? [422] : []),
  ];
  return {
    operationId: one.name,
    summary: one.summary,
    description: [one.description, `Needs the scope \`${one.scope}\`.`].filter(Boolean).join(" "),
    tags: [one.path.split("/")[1] ?? ""],
    security: [{ key: [] }],
    requestParams: {
      ...(one.path.includes("{id}") && { path }),
      ...(one.query && { query: one.query }),
      ...(one.method === "post" && { header: z.object({ "Idempotency-Key": idempotencyKey }) }),
    },
    ...(body && {
      requestBody: { required: !one.bodyOptional, content: { "application/json": { schema: body } } },
    }),
    responses: {
      [one.status]: { description: one.summary, content: { "application/json": { schema: one.answer } } },
      ...Object.fromEntries([...new Set(statuses)].sort().map((status) => [status, problem(status)])),
    },
  };
}

/** The OpenAPI file of these operations, made from the same schemas that requests are checked against. */
export function openApiDocument(operations: readonly Operation[], publicUrl: string) {
  const paths: ZodOpenApiPathsObject = {};
  for (const one of operations) paths[one.path] = { ...paths[one.path], [one.method]: describe(one) };
  return createDocument({
    openapi: "3.1.0",
    info: {
      title: "Frontrow",
      version: "1",
      description: `The API of one space. How it is used, with examples: ${publicUrl}/api`,
    },
    servers: [{ url: `${publicUrl}/api/v1` }],
    tags: [
      { name: "grants", description: "Who holds which pass" },
      { name: "passes", description: "What opens the space's experiences" },
      { name: "streams", description: "What is and was on" },
    ],
    paths,
    webhooks: describeWebhooks(),
    components: {
      securitySchemes: {
        key: {
          type: "http",
          scheme: "bearer",
          description: `A key of a space. Its scopes: ${Object.entries(scopeWords)
            .map(([scope, words]) => `\`${scope}\` (${words.toLowerCase()})`)
            .join(", ")}.`,
        },
      },
    },
  });
}
