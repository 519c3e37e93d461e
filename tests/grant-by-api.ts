import { randomUUID } from "node:crypto";
import { insertKey } from "#app/domain/api-keys/keys.ts";
import type { Db } from "#db/client.ts";

type Grant = {
  space: { id: string };
  grant: { id: string };
  people: { owner: { id: string } };
};

/** A grant as a script of its creator's changes it: by the API of the site at `url`, with a key of the space. */
export async function openGrantByApi(db: Db, { url, space, grant, people }: Grant & { url: string }) {
  const of = { spaceId: space.id, actorId: people.owner.id };
  const key = await insertKey(db, { ...of, formKey: randomUUID(), name: "Tests", scopes: ["grants:write"] });
  if (!key.ok) throw new Error(`no key was made (${key.reason})`);
  const authorization = `Bearer ${key.secret}`;

  async function ask(method: "PATCH" | "POST", below: string, body: object): Promise<void> {
    const answer = await fetch(`${url}/api/v1/grants/${grant.id}${below}`, {
      method,
      headers: { authorization, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`the grant was not changed (${answer.status}: ${await answer.text()})`);
  }

  return {
    /** Gives it an end so many seconds from now; nobody hears of that moment when it comes. In milliseconds of Unix time. */
    async endsIn(seconds: number): Promise<number> {
      const at = Date.now() + seconds * 1000;
      await ask("PATCH", "", { ends_at: new Date(at).toISOString() });
      return at;
    },
    /** Active and without an end, also when it has run out. */
    lasts: () => ask("PATCH", "", { ends_at: null }),
    revoke: () => ask("POST", "/revocation", { reason: "For the test" }),
    /** After it was taken back or paid back. */
    restore: () => ask("POST", "/restoration", { ends_at: null }),
  };
}
