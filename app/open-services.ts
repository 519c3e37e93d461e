import type { Config } from "#app/config.ts";
import type { Services } from "#app/context.ts";
import { openQueue } from "#app/jobs/queue.ts";
import { createChat } from "#app/services/chat.ts";
import { followDatabaseClock } from "#app/services/clock.ts";
import { createEgress } from "#app/services/egress.ts";
import { createLiveKit } from "#app/services/livekit.ts";
import { createLog } from "#app/services/log.ts";
import { createMailer } from "#app/services/mail.ts";
import { createMediaService } from "#app/services/media.ts";
import { createOutgoingHttp } from "#app/services/outgoing-http.ts";
import { createPictures } from "#app/services/pictures.ts";
import { createStorage } from "#app/services/storage.ts";
import { openDatabase } from "#db/client.ts";

/** Makes what a process of `config` needs. Rejects when the database cannot be reached, since jobs need their queues. */
export async function openServices(config: Config, name: "web" | "worker"): Promise<Services> {
  const log = createLog({ level: config.logLevel, name });
  const onError = (error: Error) => log.warn({ err: error }, "database connection lost");
  if (config.webhooksAllowPrivate && config.secure)
    log.warn("WEBHOOKS_ALLOW_PRIVATE is set: owners of spaces can make the worker talk to private addresses");
  const db = openDatabase(config.databaseUrl, { max: 10, onError });
  const clock = await followDatabaseClock(db, log);
  const queue = await openQueue(config.databaseUrl, { worker: name === "worker", onError });
  return {
    config,
    log,
    db,
    clock,
    queue,
    livekit: createLiveKit(config.livekit),
    egress: createEgress(config.livekit, config.storage, config.recordingStorage),
    chat: createChat(config.stream),
    storage: createStorage(config.storage),
    recordingStorage: config.recordingStorage && createStorage(config.recordingStorage),
    mailer: createMailer(config.mail),
    media: createMediaService(),
    outgoingHttp: createOutgoingHttp({ allowPrivate: config.webhooksAllowPrivate }),
    pictures: createPictures(),
  };
}

export async function closeServices(services: Services): Promise<void> {
  const { db, clock, queue, storage, recordingStorage, mailer, media, pictures } = services;
  await queue.stop({ graceful: true, timeout: 10_000 });
  clock.stop();
  storage.close();
  recordingStorage?.close();
  mailer.close();
  media.onlooker.close();
  pictures.close();
  await db.destroy();
}
