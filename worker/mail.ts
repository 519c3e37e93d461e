import { setTimeout as sleep } from "node:timers/promises";
import type { Services } from "#app/context.ts";
import { deliverDue } from "#app/domain/mail/deliver.ts";
import { planConfirmations, planMailings } from "#app/domain/mail/planning.ts";
import { startLoop } from "./loop.ts";

/** Without being woken it looks again after so long. */
const lookAgainMs = 1_000;
/** A mail server that is away is not asked all the time. */
const awayMs = 10_000;
const tryAgainMs = 2_000;

const sleepers = new Set<() => void>();

/** Something may be due this moment: has this process look now. */
export function wakeMail(): void {
  for (const wake of sleepers) wake();
}

/**
 * Makes mailings of what happened to streams and sends what is due, until `stop`, which resolves when what was handed over is
 * recorded. Any number of workers do it side by side.
 */
export function startMail(services: Pick<Services, "db" | "mailer" | "config" | "log">): {
  stop(): Promise<void>;
} {
  // By themselves: what goes out for an hour must not keep from being planned what is due in ten minutes.
  const planning = startLoop(services, {
    async look(signal) {
      let planned = 0;
      for (const plan of [planMailings, planConfirmations])
        for (let some = 1; some > 0 && !signal.aborted; planned += some) some = await plan(services.db);
      if (planned > 0) wakeMail();
      return lookAgainMs;
    },
    tryAgainMs,
    failure: "planning mail failed",
    pause: pauseUnlessWoken,
  });
  const sending = startLoop(services, {
    async look(signal) {
      const { sent, away } = await deliverDue(services, signal);
      if (sent > 0) services.log.info({ event: "mail.sent", letters: sent }, "letters were sent");
      return away ? awayMs : lookAgainMs;
    },
    tryAgainMs,
    failure: "sending mail failed",
    pause: pauseUnlessWoken,
  });
  return {
    async stop() {
      await Promise.all([planning.stop(), sending.stop()]);
    },
  };
}

async function pauseUnlessWoken(ms: number, signal: AbortSignal): Promise<void> {
  const woken = new AbortController();
  const wake = () => woken.abort();
  sleepers.add(wake);
  await sleep(ms, undefined, { signal: AbortSignal.any([signal, woken.signal]) }).catch(() => {});
  sleepers.delete(wake);
}
