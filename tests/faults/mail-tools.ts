import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { sql } from "kysely";
import { SMTPServer } from "smtp-server";
import type { Db } from "#db/client.ts";
import type { MailKind } from "#db/types.ts";
import { inFuture, insertPeople, insertStream, insertUser, unique } from "#tests/factories.ts";
import { until } from "./studio-tools.ts";
import type { Tools } from "./fault.ts";

type Letter = { to: { address: string }[]; subject: string; text?: string; messageId?: string };
export type Audience = Awaited<ReturnType<typeof gatherAudience>>;

/** A stream, and people who said that they are coming to it. */
export async function gatherAudience(db: Db, { many, startsAt }: { many: number; startsAt: string }) {
  const { people: cast, experience } = await insertPeople(db, { status: "ended" });
  const title = `Fault ${unique("mail")}`;
  const stream = await insertStream(db, {
    experienceId: experience.id,
    createdBy: cast.owner.id,
    startsAt: inFuture(startsAt),
    title,
  });
  const people = await Promise.all(Array.from({ length: many }, () => insertUser(db)));
  await sql`
    insert into coming (stream_id, person_id, since, mail_planned_at)
    select ${stream.id}::uuid, id, now() - interval '2 days', now() from unnest(${people.map(({ id }) => id)}::uuid[]) as p (id)
  `.execute(db);
  await until(
    async () => (await mailingsOf(db, stream.id, "reminder")).length,
    (count) => count > 0,
    { seconds: 15, words: "the worker has planned its reminders" },
  );
  return { stream, title, people, owner: cast.owner };
}

export async function mailingsOf(db: Db, streamId: string, kind: MailKind): Promise<string[]> {
  const rows = await db
    .selectFrom("mailings")
    .select("id")
    .where("stream_id", "=", streamId)
    .where("kind", "=", kind)
    .execute();
  return rows.map(({ id }) => id);
}

/** Has the reminders of ten minutes before be due now. */
export const remind = (db: Db, streamId: string) =>
  sql`
    update mailings set due_at = clock_timestamp()
    where stream_id = ${streamId}::uuid and kind = 'reminder' and minutes_before = 10`.execute(db);

/** How many mails of a stream have come to what: { "reminder sent": 3, "reminder skipped moved": 1 }. */
export async function countMails(db: Db, streamId: string): Promise<Record<string, number>> {
  const { rows } = await sql<{ what: string; many: number }>`
    select g.kind || ' ' || coalesce(m.outcome::text, 'waits') ||
      case when m.outcome = 'skipped' then ' ' || m.reason else '' end as what, count(*)::integer as many
    from mails m join mailings g on g.id = m.mailing_id where g.stream_id = ${streamId}::uuid group by 1 order by 1
  `.execute(db);
  return Object.fromEntries(rows.map(({ what, many }) => [what, many]));
}

/** The letters about a stream as the mail server shows them. */
export async function lettersAbout({ env }: Pick<Tools, "env">, title: string): Promise<Letter[]> {
  const answer = await fetch(new URL("/api/email", env.MAIL_WEB_URL));
  return ((await answer.json()) as Letter[]).filter(({ subject }) => subject.includes(title));
}

/** Waits until nothing of a stream is still to be sent, and gives what came of it. */
export async function untilSettled(db: Db, streamId: string, seconds: number) {
  const { value, tookMs } = await until(
    () => countMails(db, streamId),
    (mails) => Object.keys(mails).length > 0 && !Object.keys(mails).some((what) => what.endsWith(" waits")),
    { seconds, words: "nothing is still to be sent" },
  );
  return { mails: value, tookMs };
}

/** A mail server of our own, which tells `onTaken` of each letter at the moment at which it has accepted it. */
export async function startMailServer(onTaken: (many: number) => void) {
  const taken: { to: string; messageId: string }[] = [];
  const server = new SMTPServer({
    disabledCommands: ["AUTH", "STARTTLS"],
    onData(stream, session, done) {
      text(stream).then((raw) => {
        const messageId = /^Message-ID: *(?:\r\n[ \t]+)?(\S+)/im.exec(raw)?.[1] ?? "";
        taken.push({ to: session.envelope.rcptTo[0]!.address, messageId });
        done();
        onTaken(taken.length);
      }, done);
    },
  });
  // Whoever is killed in the middle of a letter leaves its connection so.
  server.on("error", () => {});
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  return {
    taken,
    url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
