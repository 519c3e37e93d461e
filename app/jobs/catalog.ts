import { z } from "zod";

const id = z.uuid();

/**
 * Every job there is: the ids it carries and how often it is tried. A job's payload is ids only; its handler reads the
 * row and finds out what is still to do, since a job can run twice, late, or after a part of it was done.
 */
export const catalog = {
  "recording.start": {
    payload: z.object({ recordingId: id }),
    retryLimit: 20,
    retryDelay: 1,
    expireInSeconds: 60,
  },
  "recording.stop": {
    payload: z.object({ recordingId: id }),
    retryLimit: 20,
    retryDelay: 1,
    expireInSeconds: 60,
  },
  "recording.stop-attempt": {
    payload: z.object({ attemptId: id }),
    retryLimit: 2,
    retryDelay: 2,
    expireInSeconds: 60,
  },
  "recording.finalize": {
    payload: z.object({ recordingId: id }),
    retryLimit: 50,
    retryDelay: 2,
    expireInSeconds: 300,
  },
  // Who tries again, and when, stands in the attempt's row: the sweep asks for it for as long as anything waits.
  "recording.copy": {
    payload: z.object({ attemptId: id }),
    retryLimit: 2,
    retryDelay: 5,
    expireInSeconds: 300,
  },
  "recording.export": {
    payload: z.object({ exportId: id }),
    retryLimit: 10,
    retryDelay: 5,
    expireInSeconds: 3600,
  },
  "recording.remove": {
    payload: z.object({ recordingId: id }),
    retryLimit: 10,
    retryDelay: 30,
    expireInSeconds: 900,
  },
  "recording.rule-mail": {
    payload: z.object({ spaceId: id }),
    retryLimit: 8,
    retryDelay: 10,
    expireInSeconds: 60,
  },
  "webhook.process": {
    payload: z.object({ provider: z.string(), eventId: z.string() }),
    retryLimit: 10,
    retryDelay: 1,
    expireInSeconds: 60,
  },
  "stream.close-room": {
    payload: z.object({ streamId: id }),
    retryLimit: 10,
    retryDelay: 2,
    expireInSeconds: 60,
  },
  "moderation.enforce": {
    payload: z.object({ actId: id }),
    retryLimit: 5,
    retryDelay: 1,
    expireInSeconds: 60,
  },
  "access.enforce": {
    payload: z.object({ userIds: z.array(id).max(500), looks: z.number().int() }),
    retryLimit: 10,
    retryDelay: 1,
    expireInSeconds: 60,
  },
  "access.enforce-experiences": {
    payload: z.object({ experienceIds: z.array(id).max(500) }),
    retryLimit: 10,
    retryDelay: 1,
    expireInSeconds: 60,
  },
  "chat.compare": { payload: z.object({ streamId: id }), retryLimit: 5, retryDelay: 2, expireInSeconds: 60 },
  "room.sweep": { payload: z.object({ streamId: id }), retryLimit: 5, retryDelay: 1, expireInSeconds: 30 },
  "invite.mail": { payload: z.object({ inviteId: id }), retryLimit: 8, retryDelay: 10, expireInSeconds: 60 },
  "team.owner-left-mail": {
    payload: z.object({ spaceId: id, userId: id }),
    retryLimit: 8,
    retryDelay: 10,
    expireInSeconds: 60,
  },
  "sign-in.mail": {
    payload: z.object({ sessionId: id }),
    retryLimit: 8,
    retryDelay: 10,
    expireInSeconds: 60,
  },
  "webhook.deliver": {
    payload: z.object({ endpointId: id }),
    retryLimit: 3,
    retryDelay: 2,
    expireInSeconds: 90,
  },
  "webhook.off-mail": {
    payload: z.object({ endpointId: id }),
    retryLimit: 8,
    retryDelay: 10,
    expireInSeconds: 60,
  },
  // What is due stands in rows, and is found without it, too: this only wakes somebody at once.
  "mail.wake": { payload: z.object({}), retryLimit: 1, retryDelay: 1, expireInSeconds: 60 },
  "grant.mail": { payload: z.object({ grantId: id }), retryLimit: 8, retryDelay: 10, expireInSeconds: 60 },
  "grant.import": {
    payload: z.object({ importId: id }),
    retryLimit: 10,
    retryDelay: 2,
    expireInSeconds: 300,
  },
  "pass.offer": { payload: z.object({ passId: id }), retryLimit: 5, retryDelay: 1, expireInSeconds: 60 },
  "pass.offer-mail": {
    payload: z.object({ waitId: id }),
    retryLimit: 8,
    retryDelay: 10,
    expireInSeconds: 60,
  },
  "pass.request-mail": {
    payload: z.object({ requestId: id }),
    retryLimit: 8,
    retryDelay: 10,
    expireInSeconds: 60,
  },
} as const satisfies Record<string, JobDefinition>;

type JobDefinition = { payload: z.ZodType; retryLimit: number; retryDelay: number; expireInSeconds: number };

export type JobName = keyof typeof catalog;
export type JobPayload<Name extends JobName> = z.infer<(typeof catalog)[Name]["payload"]>;
export const jobNames = Object.keys(catalog) as JobName[];
