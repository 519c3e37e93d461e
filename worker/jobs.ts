import type { Services } from "#app/context.ts";
import { catalog, type JobName, jobNames } from "#app/jobs/catalog.ts";
import { isServiceError } from "#app/services/service-error.ts";
import { handlers } from "./handlers/index.ts";

/**
 * How many jobs of a kind this process does at once. Exports are long and busy, the others wait for networks; those that
 * wait for networks of strangers are many, so that slow ones leave room for the rest.
 */
const atOnce: Partial<Record<JobName, number>> = {
  "webhook.process": 4,
  "webhook.deliver": 12,
  "recording.export": 2,
};

/**
 * Whoever has done a job waits for the next to be announced, and looks by itself after half a minute only. More exports come
 * at once, and are announced at once, than are made at once.
 */
const looksAgainAfterSeconds: Partial<Record<JobName, number>> = { "recording.export": 2 };

/** Takes jobs of every kind from the queue. */
export async function takeJobs(services: Services): Promise<void> {
  for (const name of jobNames) await takeJobsOf(services, name);
}

/** Takes no further job from now on. What has begun goes on. */
export async function leaveJobs({ queue }: Pick<Services, "queue">): Promise<void> {
  await Promise.all(jobNames.map((name) => queue.offWork(name, { wait: false })));
}

async function takeJobsOf<Name extends JobName>(services: Services, name: Name): Promise<void> {
  const { queue, log } = services;
  const { payload } = catalog[name];
  const options = {
    batchSize: 1,
    pollingIntervalSeconds: 2,
    notifyPollingIntervalSeconds: looksAgainAfterSeconds[name] ?? 30,
    localConcurrency: atOnce[name] ?? 3,
  };
  await queue.work<object>(name, options, async ([job]) => {
    if (!job) return;
    try {
      await handlers[name](services, payload.parse(job.data) as never);
    } catch (error) {
      const level = isServiceError(error) && error.retryable ? "warn" : "error";
      log[level]({ err: error, job: name, jobId: job.id, ...job.data }, "a job failed");
      throw error;
    }
  });
}
