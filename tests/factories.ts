import { randomBytes, randomUUID } from "node:crypto";
import { sql } from "kysely";
import { insertKey } from "#app/domain/api-keys/keys.ts";
import { makeImport } from "#app/domain/grant-imports/make.ts";
import { codeOf, hashOf } from "#app/domain/pass-links/codes.ts";
import { insertEndpoint } from "#app/domain/outgoing-webhooks/endpoints.ts";
import { insertSession } from "#app/domain/people/sessions.ts";
import type { Db } from "#db/client.ts";
import type { AccessAtExpiry, AccessGrantStatus, SpaceRole, StreamStatus } from "#db/types.ts";

/** A short text that no other row of the run has. */
export const unique = (prefix: string) => `${prefix}-${randomBytes(5).toString("hex")}`;

/** An instant by the database's clock: `ago("2 hours")`, `inFuture("1 day")`. */
export const ago = (interval: string) => sql<Date>`now() - ${interval}::interval`;
export const inFuture = (interval: string) => sql<Date>`now() + ${interval}::interval`;

export async function insertUser(db: Db, { email = `${unique("person")}@example.com`, name = "" } = {}) {
  return db
    .insertInto("users")
    .values({ email, name, first_signed_in_at: sql`now()` })
    .returning(["id", "email", "name"])
    .executeTakeFirstOrThrow();
}

/** A signed-in browser: its `cookie` header for plain http. */
export async function signIn(db: Db, userId: string) {
  const session = await insertSession(db, { userId, userAgent: "tests", networkAddress: "127.0.0.1" });
  return { ...session, cookie: `session=${session.token}` };
}

export async function insertSpace(
  db: Db,
  { ownerId, slug = unique("space"), name = "A space" }: { ownerId: string; slug?: string; name?: string },
) {
  const space = await db
    .insertInto("spaces")
    .values({ slug, name, created_by: ownerId })
    .returning(["id", "slug", "name"])
    .executeTakeFirstOrThrow();
  await insertMember(db, { spaceId: space.id, userId: ownerId, role: "owner" });
  return space;
}

export async function insertMember(
  db: Db,
  { spaceId, userId, role }: { spaceId: string; userId: string; role: SpaceRole },
) {
  await db.insertInto("space_members").values({ space_id: spaceId, user_id: userId, role }).execute();
}

export async function insertExperience(
  db: Db,
  {
    spaceId,
    slug = unique("experience"),
    name = "An experience",
  }: { spaceId: string; slug?: string; name?: string },
) {
  return db
    .insertInto("experiences")
    .values({ space_id: spaceId, slug, name })
    .returning(["id", "slug", "name"])
    .executeTakeFirstOrThrow();
}

export async function insertPass(
  db: Db,
  {
    spaceId,
    experienceIds,
    name = "A pass",
    atExpiry = "finish",
  }: { spaceId: string; experienceIds: string[]; name?: string; atExpiry?: AccessAtExpiry },
) {
  const pass = await db
    .insertInto("access_passes")
    .values({ space_id: spaceId, slug: unique("pass"), name, at_expiry: atExpiry })
    .returning(["id", "slug", "name"])
    .executeTakeFirstOrThrow();
  for (const experienceId of experienceIds) {
    await db
      .insertInto("access_pass_experiences")
      .values({ access_pass_id: pass.id, experience_id: experienceId })
      .execute();
  }
  return pass;
}

type Instant = ReturnType<typeof ago>;

export async function insertGrant(
  db: Db,
  {
    passId,
    userId,
    status = "active",
    startsAt = ago("1 day"),
    endsAt = null,
  }: {
    passId: string;
    userId: string;
    status?: AccessGrantStatus;
    startsAt?: Instant;
    endsAt?: Instant | null;
  },
) {
  return db
    .insertInto("access_grants")
    .values({
      access_pass_id: passId,
      user_id: userId,
      status,
      source: "given",
      starts_at: startsAt,
      ends_at: endsAt,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
}

export async function ban(db: Db, { spaceId, userId, by }: { spaceId: string; userId: string; by: string }) {
  await db.insertInto("space_bans").values({ space_id: spaceId, user_id: userId, banned_by: by }).execute();
}

/** A stream in any state, as it would have come there. */
export async function insertStream(
  db: Db,
  {
    experienceId,
    createdBy,
    status = "scheduled",
    title = "A stream",
    slug = unique("stream"),
    startsAt = inFuture("1 hour"),
    liveAt,
  }: {
    experienceId: string;
    createdBy: string;
    status?: StreamStatus;
    title?: string;
    slug?: string;
    startsAt?: Instant;
    liveAt?: Instant;
  },
) {
  const went = status === "live" || status === "ended";
  return db
    .insertInto("streams")
    .values({
      experience_id: experienceId,
      slug,
      title,
      status,
      starts_at: startsAt,
      wall_time: "2030-01-01T12:00",
      time_zone: "Europe/Berlin",
      length_minutes: 60,
      created_by: createdBy,
      rehearsal_at: status === "rehearsal" ? sql`now()` : null,
      live_at: went ? (liveAt ?? ago("10 minutes")) : null,
      ended_at: status === "ended" ? sql`now()` : null,
      ended_reason: status === "ended" ? "host" : null,
      cancelled_at: status === "cancelled" ? sql`now()` : null,
    })
    .returning(["id", "slug", "title"])
    .executeTakeFirstOrThrow();
}

/** A series, and the stream as the one that was made for its first day. */
export async function insertSeries(
  db: Db,
  { experienceId, createdBy, streamId }: { experienceId: string; createdBy: string; streamId: string },
) {
  const series = await db
    .insertInto("stream_series")
    .values({
      experience_id: experienceId,
      title: "A stream",
      length_minutes: 60,
      chat_before: "then",
      chat_after_minutes: 30,
      repeats: "weekly",
      first_day: "2030-01-01",
      clock: "12:00",
      time_zone: "Europe/Berlin",
      until_day: "2030-01-15",
      last_day: "2030-01-15",
      created_by: createdBy,
      form_key: randomUUID(),
    })
    .returning(["id", "edit_version as editVersion"])
    .executeTakeFirstOrThrow();
  const place = { series_id: series.id, series_day: "2030-01-01" };
  await db.updateTable("streams").set(place).where("id", "=", streamId).execute();
  return series;
}

/** What an owner made for programs: a key, and an endpoint with a message that was given up after its last try. */
export async function insertMachines(db: Db, { spaceId, actorId }: { spaceId: string; actorId: string }) {
  const of = { spaceId, actorId };
  const key = await insertKey(db, { ...of, formKey: randomUUID(), name: "A key", scopes: ["grants:read"] });
  const url = "https://hooks.example.com/frontrow";
  const endpoint = await insertEndpoint(db, {
    ...of,
    formKey: randomUUID(),
    url,
    events: ["grant.created", "stream.live"],
  });
  if (!key.ok || !endpoint.ok) throw new Error("machines are missing");
  const message = await db
    .insertInto("webhook_messages")
    .values({ space_id: spaceId, type: "grant.created", body: "{}" })
    .returning("id")
    .executeTakeFirstOrThrow();
  const delivery = await db
    .insertInto("webhook_deliveries")
    .values({
      message_id: message.id,
      endpoint_id: endpoint.endpointId,
      status: "given_up",
      tries: 10,
      next_try_at: null,
      ended_at: sql`now()`,
      last_status: 500,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  return { keyId: key.keyId, endpointId: endpoint.endpointId, deliveryId: delivery.id };
}

/** A file of people for a pass, as `text` says, read and not confirmed. */
export async function insertImport(
  db: Db,
  {
    spaceId,
    passId,
    madeBy,
    text = "email,name\nsomebody@example.com,A\nnobody,B\n",
    fileName = "people.csv",
  }: { spaceId: string; passId: string; madeBy: string; text?: string; fileName?: string },
): Promise<string> {
  async function* open() {
    yield Buffer.from(text);
  }
  const made = await makeImport(db, { spaceId, passId, madeBy, fileName, timeZone: "Europe/Berlin", open });
  if (!made.ok) throw new Error(made.reason);
  return made.importId;
}

/** A link of a pass with the secret of a running server, in whatever state, and its address. */
export async function insertLink(
  db: Db,
  { passId, madeBy, secret, ...values }: LinkValues,
): Promise<{ id: string; path: string }> {
  const id = randomUUID();
  const code = codeOf([secret], id);
  await db
    .insertInto("access_pass_links")
    .values({
      ...{ name: "Newsletter", ...values },
      ...{ id, access_pass_id: passId, made_by: madeBy, code_hash: hashOf(code), form_key: randomUUID() },
    })
    .execute();
  return { id, path: `/invites/${code}` };
}

type LinkValues = {
  passId: string;
  madeBy: string;
  secret: string;
  name?: string;
  most_uses?: number;
  uses?: number;
  ends_at?: Instant;
  revoked_at?: Instant;
  revoked_by?: string;
};

/** Everybody whom a protected thing is tried as, around one stream. `null` is nobody. */
export async function insertPeople(db: Db, { status = "live" }: { status?: StreamStatus } = {}) {
  const owner = await insertUser(db);
  const space = await insertSpace(db, { ownerId: owner.id });
  const experience = await insertExperience(db, { spaceId: space.id });
  const pass = await insertPass(db, { spaceId: space.id, experienceIds: [experience.id] });
  const stream = await insertStream(db, { experienceId: experience.id, createdBy: owner.id, status });
  const [stranger, ended, banned, viewer, moderator, host, otherOwner] = await Promise.all(
    Array.from({ length: 7 }, () => insertUser(db)),
  );
  if (!stranger || !ended || !banned || !viewer || !moderator || !host || !otherOwner)
    throw new Error("people are missing");
  await insertGrant(db, { passId: pass.id, userId: ended.id, startsAt: ago("2 days"), endsAt: ago("1 day") });
  await insertGrant(db, { passId: pass.id, userId: banned.id });
  await ban(db, { spaceId: space.id, userId: banned.id, by: owner.id });
  const grant = await insertGrant(db, { passId: pass.id, userId: viewer.id });
  await insertMember(db, { spaceId: space.id, userId: moderator.id, role: "moderator" });
  await insertMember(db, { spaceId: space.id, userId: host.id, role: "host" });
  await insertSpace(db, { ownerId: otherOwner.id });
  return {
    space,
    experience,
    pass,
    stream,
    grant,
    path: `/${space.slug}/${experience.slug}/streams/${stream.slug}`,
    people: { nobody: null, stranger, ended, banned, viewer, moderator, host, owner, otherOwner },
  };
}
