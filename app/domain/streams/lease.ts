import { type Kysely, sql, type Transaction } from "kysely";
import { notifyChange } from "#app/domain/changes/notices.ts";
import type { Database, Db } from "#db/client.ts";

/** One tab of one signed-in browser, which wants to broadcast a stream. */
export type HostClaim = { streamId: string; userId: string; sessionId: string; tab: string };
/** Who broadcasts, as others of the team are told. */
export type Holder = { userId: string; name: string };
export type HostTab = Pick<HostClaim, "sessionId" | "tab">;

type Taken = { ok: true; fresh: boolean; former: HostTab | null } | { ok: false; holder: Holder | null };

/** A lease that was silent for so long can be taken without asking; longer than a restart of the web process takes. */
export const leaseSilentSeconds = 10;
/** Between two beats of the web processes' watch: a longer break means that none of them was listening. */
const watchBreakSeconds = 4;

/**
 * Takes the right to broadcast for one tab, in one guarded statement: when nobody has it, when this tab has it already,
 * when its holder has been silent for 10 s, or with `takeOver` in any case. `fresh` says that this tab did not have it
 * before, `former` who lost it. Refuses with the holder; with null when the stream is over. The right to host is
 * the caller's to ask.
 */
export async function takeLease(
  trx: Transaction<Database>,
  claim: HostClaim,
  { takeOver = false } = {},
): Promise<Taken> {
  const { streamId, userId, sessionId, tab } = claim;
  const { rows } = await sql<{ formerSession: string | null; formerTab: string | null }>`
    insert into stream_host_leases as lease (stream_id, user_id, session_id, tab, taken_at, seen_at)
    select s.id, ${userId}::uuid, ${sessionId}::uuid, ${tab}, clock_timestamp(), clock_timestamp()
    from streams s
    where s.id = ${streamId}::uuid and s.status in ('scheduled', 'rehearsal', 'live')
    on conflict (stream_id) do update set
      user_id = excluded.user_id, session_id = excluded.session_id, tab = excluded.tab, seen_at = excluded.seen_at,
      taken_at = case
        when lease.session_id = excluded.session_id and lease.tab = excluded.tab then lease.taken_at
        else excluded.taken_at
      end
    where (lease.session_id = excluded.session_id and lease.tab = excluded.tab)
      or lease.seen_at < clock_timestamp() - make_interval(secs => ${leaseSilentSeconds})
      or ${takeOver}
    returning old.session_id as "formerSession", old.tab as "formerTab"
  `.execute(trx);
  const row = rows[0];
  if (!row) return { ok: false, holder: (await findHolder(trx, { streamId })) ?? null };
  const had = row.formerSession === sessionId && row.formerTab === tab;
  const former =
    row.formerSession && row.formerTab && !had ? { sessionId: row.formerSession, tab: row.formerTab } : null;
  return { ok: true, fresh: !had, former };
}

/** Gives the lease back, if this tab has it and nothing was begun with it. */
export async function releaseLease(
  db: Kysely<Database>,
  { streamId, sessionId, tab }: Omit<HostClaim, "userId">,
) {
  await sql`
    delete from stream_host_leases lease using streams s
    where s.id = lease.stream_id and s.status not in ('rehearsal', 'live')
      and lease.stream_id = ${streamId}::uuid and lease.session_id = ${sessionId}::uuid and lease.tab = ${tab}
  `.execute(db);
}

/** Who broadcasts, or did last; undefined when nobody does. */
export async function findHolder(
  db: Kysely<Database>,
  { streamId }: { streamId: string },
): Promise<Holder | undefined> {
  const row = await db
    .selectFrom("stream_host_leases as lease")
    .innerJoin("users as u", "u.id", "lease.user_id")
    .select(["u.id as userId", "u.name", "u.email"])
    .where("lease.stream_id", "=", streamId)
    .executeTakeFirst();
  return row && { userId: row.userId, name: row.name || row.email };
}

/**
 * Locks a stream's lease until the transaction's end, and says whether this tab has it. Whoever changes both a lease and
 * its stream locks the lease first, so that no two wait for each other.
 */
export async function lockLease(
  trx: Transaction<Database>,
  { streamId, sessionId, tab }: { streamId: string } & Partial<HostTab>,
) {
  const lease = await trx
    .selectFrom("stream_host_leases")
    .select(["session_id", "tab"])
    .where("stream_id", "=", streamId)
    .forUpdate()
    .executeTakeFirst();
  return lease !== undefined && lease.session_id === sessionId && lease.tab === tab;
}

/**
 * Notes that these studio tabs answered just now, and that somebody is listening at all: called once a second by each
 * web process, also with an empty list. Only a tab that has its stream's lease counts; a host who was missed is back.
 */
export async function touchHostLeases(db: Db, tabs: ({ streamId: string } & HostTab)[]): Promise<void> {
  // One statement: a database that dies between the two would leave a watch that was kept, and hosts who were silent.
  const { rows } = await sql<{ streamId: string }>`
    with watch as (
      insert into stream_host_watch as watch (since, seen_at) values (clock_timestamp(), clock_timestamp())
      on conflict (only_one) do update set
        seen_at = excluded.seen_at,
        since = case
          when watch.seen_at < excluded.seen_at - make_interval(secs => ${watchBreakSeconds}) then excluded.since
          else watch.since
        end
    )
    update stream_host_leases lease set seen_at = clock_timestamp()
    from unnest(
      ${tabs.map(({ streamId }) => streamId)}::uuid[],
      ${tabs.map(({ sessionId }) => sessionId)}::uuid[],
      ${tabs.map(({ tab }) => tab)}::text[]
    ) as seen (stream_id, session_id, tab)
    where lease.stream_id = seen.stream_id and lease.session_id = seen.session_id and lease.tab = seen.tab
    returning lease.stream_id as "streamId"
  `.execute(db);
  if (rows.length > 0)
    await db.transaction().execute((trx) =>
      clearAbsence(
        trx,
        rows.map(({ streamId }) => streamId),
      ),
    );
}

/** The hosts of these streams are here: whoever was told that they are missed is told that they are back. */
export async function clearAbsence(trx: Transaction<Database>, streamIds: string[]): Promise<void> {
  const back = await trx
    .updateTable("streams")
    .set({ host_absent_since: null })
    .where("id", "in", streamIds)
    .where("host_absent_since", "is not", null)
    .returning("id")
    .execute();
  for (const { id } of back) await notifyChange(trx, { kind: "stream", streamId: id });
}
