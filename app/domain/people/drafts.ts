import { sql } from "kysely";
import type { Db } from "#db/client.ts";
import { takeFrom } from "./limits.ts";
import { hashToken } from "./sessions.ts";

/** A form's fields with what was typed into them. */
type Fields = Record<string, string | string[]>;

const minutesKept = 60;
const mostOfOneBrowser = 10;
const mostBytes = 100_000;

type NewDraft = {
  browserToken: string;
  /** Of the session that is over: the draft is then only for the person whose it was. */
  sessionToken: string | undefined;
  networkAddress: string;
  path: string;
  typed: Fields;
};

/**
 * Keeps what was typed into a form for an hour, bound to this browser, and to the person whose session it came with.
 * Gives its id, or undefined when it is too large (100 kB) or when this network keeps too many.
 */
export async function insertDraft(db: Db, draft: NewDraft): Promise<string | undefined> {
  const typed = JSON.stringify(draft.typed).toWellFormed();
  if (Buffer.byteLength(typed) > mostBytes || draft.path.length > 2000) return undefined;
  if (!(await takeFrom(db, "drafts.network", draft.networkAddress)).ok) return undefined;
  const browserHash = hashToken(draft.browserToken);
  const { id } = await db
    .insertInto("form_drafts")
    .values({
      browser_hash: browserHash,
      user_id: await ownerOf(db, draft.sessionToken),
      path: draft.path,
      typed: sql`${typed}::jsonb`,
      expires_at: sql<Date>`now() + make_interval(mins => ${minutesKept})`,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  await sql`
    delete from form_drafts where browser_hash = ${browserHash} and id not in (
      select id from form_drafts where browser_hash = ${browserHash} order by created_at desc, id desc limit ${mostOfOneBrowser}
    )
  `.execute(db);
  return id;
}

async function ownerOf(db: Db, sessionToken: string | undefined): Promise<string | null> {
  if (!sessionToken) return null;
  const session = await db
    .selectFrom("sessions")
    .select("user_id")
    .where("token_hash", "=", hashToken(sessionToken))
    .executeTakeFirst();
  return session?.user_id ?? null;
}

/** A draft for this page of this browser and person, or undefined. Reading it uses nothing up. */
export async function findDraft(
  db: Db,
  { id, browserToken, userId, path }: { id: string; browserToken: string; userId: string; path: string },
): Promise<Fields | undefined> {
  const draft = await db
    .selectFrom("form_drafts")
    .select("typed")
    .where("id", "=", id)
    .where("browser_hash", "=", hashToken(browserToken))
    .where("path", "=", path)
    .where("expires_at", ">", sql<Date>`now()`)
    .where((where) => where.or([where("user_id", "is", null), where("user_id", "=", userId)]))
    .executeTakeFirst();
  return draft?.typed as Fields | undefined;
}
