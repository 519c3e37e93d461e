import { configOrExit } from "#app/config.ts";
import type { Services } from "#app/context.ts";
import { requireSafeChat } from "#app/domain/chat/boot.ts";
import { closeServices, openServices } from "#app/open-services.ts";
import { startExpiry } from "./expiry.ts";
import { leaveJobs, takeJobs } from "./jobs.ts";
import { startMail } from "./mail.ts";
import { startSchedule } from "./schedule.ts";

const config = configOrExit();
const services = await open();
const { log } = services;

// A job's or a task's mistake is logged where it happens. What arrives here is a bug nobody awaited: the others go on.
process.on("unhandledRejection", (error) => log.error({ err: error }, "unhandled rejection"));

void requireSafeChat(services);
await takeJobs(services);
const running = startSchedule(services);
const expiry = startExpiry(services);
const mail = startMail(services);
console.log("The worker is ready.");

for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void drain());

/** Takes nothing new, ends what has begun, and leaves the rest to the other workers or to the next one. */
async function drain() {
  log.info("worker is draining");
  const forced = setTimeout(() => process.exit(1), 14_000);
  await Promise.all([leaveJobs(services), running.stop(), expiry.stop(), mail.stop()]);
  await closeServices(services);
  clearTimeout(forced);
  process.exit(0);
}

/** A worker that is started together with its database waits for it a little. */
async function open(): Promise<Services> {
  for (let tries = 1; ; tries++) {
    try {
      return await openServices(config, "worker");
    } catch (error) {
      if (tries === 10) {
        const { message } = error as Error;
        console.error(
          `The worker cannot start: its database cannot be reached or is not migrated (${message}).`,
        );
        process.exit(1);
      }
      await new Promise((resolve) => setTimeout(resolve, 2000));
    }
  }
}
