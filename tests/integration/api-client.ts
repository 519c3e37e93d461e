import { randomUUID } from "node:crypto";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { expect } from "vitest";
import { insertKey } from "#app/domain/api-keys/keys.ts";
import { type Scope, scopes } from "#app/domain/api-keys/scopes.ts";
import type { Db } from "#db/client.ts";

export type Called = {
  status: number;
  headers: Headers;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- each is checked against the OpenAPI file as it comes
  body: any;
  text: string;
};

type Call = { key?: string; body?: unknown; headers?: Record<string, string>; raw?: string };

/** The OpenAPI file as far as tests walk it. */
type Document = {
  paths: Record<string, Record<string, { responses: Record<string, unknown> }>>;
  webhooks: Record<string, unknown>;
};

/**
 * Calls the API at `url`, and checks each answer to what the OpenAPI file knows against it: its status is one of those
 * that are described, and its body is as described.
 */
export async function openApiClient(url: string) {
  const document = (await (await fetch(`${url}/api/v1/openapi.json`)).json()) as Document;
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  (addFormats as unknown as (on: Ajv2020) => void)(ajv);
  ajv.addSchema(document, "api");

  function check(method: string, path: string, { status, body, headers }: Called) {
    const bare = path.replace(/\?.*/, "");
    const known = Object.keys(document.paths).find((one) =>
      new RegExp(`^${one.replace("{id}", "[0-9a-f-]{36}")}$`).test(bare),
    );
    const described = known && document.paths[known]?.[method.toLowerCase()];
    if (!known || !described) return;
    expect(Object.keys(described.responses), `${method} ${path} answers ${status}`).toContain(String(status));
    const type = status < 400 ? "application/json" : "application/problem+json";
    expect(headers.get("content-type")?.split(";")[0]).toBe(type);
    const parts = ["paths", known, method.toLowerCase(), "responses", status, "content", type, "schema"];
    const pointer = parts
      .map((part) => String(part).replaceAll("/", "~1"))
      .map(encodeURIComponent)
      .join("/");
    const validate = ajv.compile({ $ref: `api#/${pointer}` });
    expect(validate(body) ? [] : validate.errors, `${method} ${path} ${status}`).toEqual([]);
    if (status < 400) expect(Object.keys(body as object).length).toBeGreaterThan(0);
  }

  return {
    document,
    async call(method: string, path: string, { key, body, headers = {}, raw }: Call = {}): Promise<Called> {
      const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body));
      const response = await fetch(`${url}/api/v1${path}`, {
        method,
        body: sent,
        redirect: "manual",
        headers: {
          ...(key && { authorization: `Bearer ${key}` }),
          ...(sent !== undefined && { "content-type": "application/json" }),
          ...headers,
        },
      });
      const text = await response.text();
      const json =
        /json/.test(response.headers.get("content-type") ?? "") && text ? JSON.parse(text) : undefined;
      const called = { status: response.status, headers: response.headers, body: json, text };
      check(method, path, called);
      return called;
    },
  };
}

/** A key of a space, made by its owner: the secret and its id. */
export async function makeKey(
  db: Db,
  { spaceId, actorId, may = [...scopes] }: { spaceId: string; actorId: string; may?: Scope[] },
) {
  const made = await insertKey(db, { spaceId, actorId, formKey: randomUUID(), name: "A key", scopes: may });
  if (!made.ok) throw new Error(made.reason);
  return made;
}
