import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import { sweepChannels } from "#app/domain/chat/compare.ts";
import { deliverWaiting } from "#app/domain/chat/delivery.ts";
import { followMoves, switchChannels } from "#app/domain/chat/moves.ts";
import { sweepChatMembers } from "#app/domain/chat/removal.ts";
import { resumeImports } from "#app/domain/grant-imports/confirm.ts";
import { closeWhatIsOver } from "#app/domain/passes/closing.ts";
import { offerFreeSeats } from "#app/domain/passes/offers.ts";
import { enforceWaiting } from "#app/domain/moderation/enforce.ts";
import { planAccessEnds } from "#app/domain/mail/planning.ts";
import { eraseHiddenMessages } from "#app/domain/moderation/messages.ts";
import { sweepRooms } from "#app/domain/participants/removal.ts";
import { sweepCopies } from "#app/domain/recordings/copy-claims.ts";
import { verifyLiveSegments } from "#app/domain/recordings/live.ts";
import { sweepDeleted } from "#app/domain/recordings/removal.ts";
import { deleteByRule, warnByRule } from "#app/domain/recordings/space-rule.ts";
import { sweepStrays } from "#app/domain/recordings/strays.ts";
import {
  sweepAttempts,
  sweepExports,
  sweepFinishing,
  sweepForgotten,
  sweepStarts,
} from "#app/domain/recordings/sweep.ts";
import { makeSeriesAhead } from "#app/domain/series/ahead.ts";
import { endAbandonedStreams, markAbsentHosts } from "#app/domain/streams/host-absence.ts";
import { requeueDeliveries } from "#app/domain/outgoing-webhooks/deliver.ts";
import { requeueWebhookEvents } from "#app/domain/webhooks/events.ts";
import { deleteOld } from "#app/domain/retention/retention.ts";
import type { Db } from "#db/client.ts";

export type Task = {
  name: string;
  everySeconds: number;
  /** What takes long ends early when `signal` says that this process is told to. */
  run: (services: Services, signal: AbortSignal) => Promise<unknown>;
  /**
   * The next turn comes after so many seconds, though this one goes on: for what claims each thing that it does. Otherwise
   * a task never overlaps itself.
   */
  waitSeconds?: number;
};

/** Series that could not be made ahead: each is told once, not every minute until somebody mends it. */
const toldSeries = new Set<string>();

/**
 * Everything that runs from time to time. Each one finds its work by a query, so a tick that was missed is made up
 * for.
 */
export const schedule: readonly Task[] = [
  { name: "hosts.mark-absent", everySeconds: 1, run: ({ db, livekit }) => markAbsentHosts(db, livekit) },
  {
    name: "streams.end-abandoned",
    everySeconds: 1,
    run: ({ db, queue, config }) => endAbandonedStreams(db, queue, { graceSeconds: config.hostGraceSeconds }),
  },
  {
    name: "series.make-ahead",
    everySeconds: 60,
    run: ({ db, log }) => makeSeriesAhead(db, { log, told: toldSeries }),
  },
  { name: "recordings.verify-live", everySeconds: 1, run: verifyLiveSegments, waitSeconds: 2 },
  { name: "recordings.start", everySeconds: 1, run: sweepStarts },
  { name: "recordings.ask", everySeconds: 1, run: sweepAttempts },
  { name: "recordings.copy", everySeconds: 1, run: sweepCopies },
  { name: "recordings.stop-strays", everySeconds: 5, run: sweepStrays },
  { name: "recordings.finish", everySeconds: 1, run: sweepFinishing },
  { name: "recordings.stop-forgotten", everySeconds: 5, run: sweepForgotten },
  { name: "recordings.requeue-exports", everySeconds: 10, run: sweepExports },
  { name: "recordings.warn", everySeconds: 600, run: ({ db, queue }) => warnByRule(db, queue) },
  { name: "recordings.delete-old", everySeconds: 600, run: ({ db }) => deleteByRule(db) },
  { name: "recordings.remove-deleted", everySeconds: 600, run: sweepDeleted },
  { name: "rooms.sweep", everySeconds: 5, run: sweepRooms },
  { name: "chat.deliver", everySeconds: 1, run: deliverWaiting },
  { name: "chat.erase", everySeconds: 1, run: ({ db }) => eraseHiddenMessages(db) },
  { name: "chat.members", everySeconds: 5, run: sweepChatMembers },
  { name: "chat.switch", everySeconds: 1, run: ({ db }) => switchChannels(db) },
  { name: "chat.follow", everySeconds: 1, run: followMoves },
  { name: "chat.compare", everySeconds: 5, run: sweepChannels },
  { name: "moderation.enforce", everySeconds: 10, run: enforceWaiting },
  { name: "grants.resume-imports", everySeconds: 10, run: ({ db, queue }) => resumeImports(db, queue) },
  { name: "passes.offer", everySeconds: 5, run: ({ db, queue }) => offerFreeSeats(db, queue) },
  { name: "passes.close", everySeconds: 10, run: ({ db, queue }) => closeWhatIsOver(db, queue) },
  { name: "mail.access-ends", everySeconds: 60, run: ({ db }) => planAccessEnds(db) },
  { name: "webhooks.requeue", everySeconds: 30, run: ({ db, queue }) => requeueWebhookEvents(db, queue) },
  { name: "webhooks.deliver", everySeconds: 1, run: ({ db, queue }) => requeueDeliveries(db, queue) },
  { name: "rows.delete-old", everySeconds: 600, run: ({ db }) => deleteOld(db) },
];

/**
 * Takes the turn of a task: true for one worker of all in each period, by the database's clock. Nothing is held while
 * the task runs, so a worker that dies in the middle of it takes no turn but its own.
 */
export async function takeTurn(
  db: Db,
  { name, everySeconds }: Pick<Task, "name" | "everySeconds">,
): Promise<boolean> {
  // A little less than the period: timers are early as well as late, and would skip every other turn.
  const { rows } = await sql`
    insert into worker_ticks (name, ran_at) values (${name}, clock_timestamp())
    on conflict (name) do update set ran_at = clock_timestamp()
    where worker_ticks.ran_at <= clock_timestamp() - make_interval(secs => ${everySeconds * 0.9})
    returning name
  `.execute(db);
  return rows.length > 0;
}

/** Runs the table until `stop`, which resolves when what has begun is done. */
export function startSchedule(services: Services, tasks = schedule): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const loops = tasks.map((task) => repeat(services, task, stopping.signal));
  return {
    async stop() {
      stopping.abort();
      await Promise.all(loops);
    },
  };
}

async function repeat(services: Services, task: Task, signal: AbortSignal): Promise<void> {
  let failing = false;
  const takeAndRun = async () => {
    try {
      if (await takeTurn(services.db, task)) await task.run(services, signal);
      if (failing) services.log.info({ task: task.name }, "a periodic task works again");
      failing = false;
    } catch (error) {
      // Once, not every second for as long as the database is away.
      if (!failing) services.log.error({ err: error, task: task.name }, "a periodic task failed");
      failing = true;
    }
  };
  const underWay = new Set<Promise<void>>();
  while (!signal.aborted) {
    const begun = performance.now();
    const turn = takeAndRun().finally(() => underWay.delete(turn));
    underWay.add(turn);
    if (task.waitSeconds === undefined) await turn;
    else await Promise.race([turn, pause(task.waitSeconds * 1000, signal)]);
    await pause(task.everySeconds * 1000 - (performance.now() - begun), signal);
  }
  await Promise.all(underWay);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, Math.max(100, ms));
    signal.addEventListener("abort", done);
  });
}
