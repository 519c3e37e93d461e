import type { Config } from "./config.ts";
import type { AccessDecision } from "./domain/access/decision.ts";
import type { Obstacle } from "./domain/devices/places.ts";
import type { StreamAddress, WatchedStream } from "./domain/streams/watched.ts";
import type { Viewer } from "./domain/people/sessions.ts";
import type { Queue } from "./jobs/queue.ts";
import type { Chat } from "./services/chat.ts";
import type { Egress } from "./services/egress.ts";
import type { LiveKit } from "./services/livekit.ts";
import type { Log } from "./services/log.ts";
import type { Mailer } from "./services/mail.ts";
import type { MediaService } from "./services/media.ts";
import type { OutgoingHttp } from "./services/outgoing-http.ts";
import type { Pictures } from "./services/pictures.ts";
import type { Storage } from "./services/storage.ts";
import type { Db } from "#db/client.ts";

/** What a process makes once and hands on. */
export type Services = {
  config: Config;
  log: Log;
  db: Db;
  /** What follows the database's clock, until it is stopped. */
  clock: { stop(): void };
  queue: Queue;
  livekit: LiveKit;
  egress: Egress;
  chat: Chat;
  storage: Storage;
  /** The store beside it, to which recorders write where there is one. */
  recordingStorage: Storage | null;
  mailer: Mailer;
  media: MediaService;
  outgoingHttp: OutgoingHttp;
  pictures: Pictures;
};

/** What every loader and action gets as `context`. */
export type RequestContext = Services & {
  /** Under which the log has this request; a page about a failure tells it. */
  requestId: string;
  cspNonce: string;
  /** The client's, by the trusted proxies. */
  networkAddress: string;
  /** Who is signed in, or null; asked once a request. */
  viewer(): Promise<Viewer | null>;
  /** What a crowd asks for the same page at the same moment: each is asked anew, and shares a statement with the others. */
  questions: {
    watched(address: StreamAddress): Promise<WatchedStream | undefined>;
    access(person: { userId: string | null; streamId: string }): Promise<AccessDecision | undefined>;
    obstacle(device: { grantId: string; sessionId: string }): Promise<Obstacle | undefined>;
  };
  /** This person asked for a page of a stream: who has no scripts is counted by that. Nobody waits for it. */
  countPerson(streamId: string, userId: string, audience: boolean): void;
};

declare module "@remix-run/node" {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- the way Remix wants its context described
  interface AppLoadContext extends RequestContext {}
}
