import type { Services } from "#app/context.ts";
import { isMailboxGone, isServerAway } from "#app/services/mail.ts";
import { isServiceError } from "#app/services/service-error.ts";
import { databaseNow } from "#app/services/clock.ts";
import { addressed, type RenderedLetter, renderLetter, stopPlaceholder } from "../letters/stream/layout.ts";
import { contentOf, stoppedBy } from "../letters/stream/of-mailing.ts";
import { normalizeZone } from "../schedule/zones.ts";
import { putBack } from "./digests.ts";
import type { Claim } from "./due.ts";
import type { MailingFacts, PersonFacts } from "./facts.ts";
import { messageIdOf } from "./failures.ts";
import type { Held } from "./held.ts";
import type { SkipReason } from "./judge.ts";
import type { createOutcomes, Result } from "./outcomes.ts";
import { stopPath } from "./unsubscribe.ts";

/** One letter to one person; of several mailings where it is about several new streams. */
export type ToSend = {
  person: PersonFacts;
  mailings: [MailingFacts, ...MailingFacts[]];
  mayWatch: boolean;
  /** The other mails that this letter is. */
  beside?: Claim[];
};

/** Of each list as many as the mailer has connections: what waits at its door is not judged once more when its turn comes. */
const handedOverAtOnce = 4;
/** A stream can be moved or cancelled at any moment: what a slow server has not taken by then is judged once more. */
const judgedForMs = 1_000;
/** For what was not even tried. */
const awaySeconds = 20;
/** What goes along with another mail waits so much longer than that one, which takes it along. */
const besideSeconds = 30;
/** Between two tries: the longer, the oftener it was tried; and where weeks are left, up to an hour. */
export function retrySeconds(claims: number, secondsLeft: number): number {
  const longest = Math.min(3_600, Math.max(120, secondsLeft / 24));
  return Math.min(longest, 10 * 2 ** Math.min(claims - 1, 9));
}

/**
 * Hands letters over to the mail server, several at a time. Once it is away nothing more is tried: what is left waits
 * for the next run.
 */
export function createPost(
  { db, mailer, config, log }: Pick<Services, "db" | "mailer" | "config" | "log">,
  { outcomes, held }: { outcomes: ReturnType<typeof createOutcomes>; held: Held },
  signal: AbortSignal,
) {
  const made = new Map<string, Promise<RenderedLetter>>();
  let away = false;
  let handedOver = 0;

  /** Who reads the same gets the same letter, but for their own address to stop it. */
  function letterFor({ person, mailings, mayWatch }: ToSend): Promise<RenderedLetter> {
    const zone = normalizeZone(person.timeZone) ?? null;
    // Whatever is written in it: a stream can be moved while its mail goes out for hours.
    const key = JSON.stringify([zone, mayWatch, mailings.map((mailing) => ({ ...mailing, now: null }))]);
    const known = made.get(key);
    if (known) return known;
    const links = { stop: stopPlaceholder, choices: `${config.publicUrl}/account/mail` };
    const letter = renderLetter(contentOf(mailings, { zone, mayWatch, publicUrl: config.publicUrl }), links);
    // Letters of one person alone are not kept.
    if (made.size < 2_000) made.set(key, letter);
    return letter;
  }

  async function sendOne(item: ToSend): Promise<void> {
    const { person, mailings } = item;
    const settle = (result: Pick<Result, "outcome" | "reason"> & Partial<Result>) => {
      for (const claim of [person, ...(item.beside ?? [])])
        outcomes.add({ ...claim, acceptedAt: null, retrySeconds: 0, ...result });
    };
    try {
      const stop = `${config.publicUrl}${stopPath(config.sessionSecrets, person.personId, stoppedBy(mailings[0]))}`;
      const letter = addressed(await letterFor(item), stop);
      await mailer.send({
        to: person.email,
        ...letter,
        messageId: messageIdOf(person, config.publicUrl),
        headers: { "List-Unsubscribe": `<${stop}>`, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" },
      });
      handedOver++;
      settle({ outcome: "sent", reason: "", acceptedAt: new Date(databaseNow()) });
    } catch (error) {
      if (!isServiceError(error)) {
        // A fault of ours in one letter keeps no other waiting.
        log.error({ err: error, mailingId: person.mailingId }, "a letter could not be made");
        return tryAgain(item, "failed");
      }
      if (isMailboxGone(error)) settle({ outcome: "bounced", reason: error.code, address: person.email });
      else if (!error.retryable) settle({ outcome: "skipped", reason: "refused" });
      else {
        if (isServerAway(error) && !away) {
          away = true;
          log.warn({ err: error }, "the mail server is away");
        }
        await tryAgain(item, "mail_server_away");
      }
    }
  }

  /** Later, for the last time just before it is too late. */
  async function tryAgain({ person, mailings, beside = [] }: ToSend, reason: SkipReason) {
    const left = (mailings[0].expiresAt.getTime() - databaseNow()) / 1000;
    const seconds = Math.min(retrySeconds(person.claims, left), left - 2);
    const outcome = seconds < 1 ? ("skipped" as const) : null;
    outcomes.add({ ...person, outcome, reason, acceptedAt: null, retrySeconds: Math.max(seconds, 0) });
    await putBack(db, beside, { seconds: seconds + besideSeconds, reason });
    held.release(beside);
  }

  /** What is not tried now: the server is away or slow, or this process ends. */
  async function leave(items: ToSend[]) {
    const until = away ? { seconds: awaySeconds, reason: "mail_server_away" as const } : { seconds: 0 };
    const [news, single] = partition(items, ({ mailings: [{ kind }] }) => kind === "new_stream");
    for (const { person } of news) {
      // Its day is taken: it counts as tried, so that it is this day's letter still.
      const reason = until.reason ?? person.waitedFor;
      outcomes.add({ ...person, outcome: null, reason, acceptedAt: null, retrySeconds: until.seconds });
    }
    await putBack(
      db,
      single.map(({ person }) => person),
      until,
    );
    const beside = items.flatMap(({ beside = [] }) => beside);
    await putBack(db, beside, { ...until, seconds: until.seconds + besideSeconds });
    held.release([...single.map(({ person }) => person), ...beside]);
  }

  return {
    isAway: () => away,
    handedOver: () => handedOver,
    /** Resolves when each of them was handed over, or waits again. They were judged a moment ago. */
    async send(items: ToSend[]): Promise<void> {
      const judgedAt = performance.now();
      const queue = [...items];
      const work = async () => {
        for (let item = queue.shift(); item; item = queue.shift()) {
          const isOld = performance.now() - judgedAt > judgedForMs;
          if (away || signal.aborted || isOld) await leave([item, ...queue.splice(0)]);
          else await sendOne(item);
        }
      };
      await Promise.all(Array.from({ length: handedOverAtOnce }, work));
    },
  };
}

export function partition<Item>(items: Item[], is: (item: Item) => boolean): [Item[], Item[]] {
  return [items.filter(is), items.filter((item) => !is(item))];
}
