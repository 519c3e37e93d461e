import type { Kysely } from "kysely";
import { type AccessDecision, type AccessReason, findAccess } from "#app/domain/access/decision.ts";
import { forPublic, forViewers, type RecordingState } from "#app/domain/recordings/recording-state.ts";
import type { Database } from "#db/client.ts";
import type { StreamEndedReason, StreamStatus } from "#db/types.ts";
import { type ChatState, findStreamFacts, type StreamFacts } from "./facts.ts";

/** What an open page of a stream knows of it; times are ISO. A viewer's has nothing of the team's in it. */
export type StreamState = {
  streamId: string;
  title: string;
  /** A rehearsal is the team's: everybody else is told "scheduled". */
  status: StreamStatus;
  startsAt: string;
  liveAt: string | null;
  hostAbsentSince: string | null;
  endedAt: string | null;
  endedReason: StreamEndedReason | null;
  recording: RecordingState | null;
  /** Whose segments show it with a delay while it is live, once there are any; of those who may watch. */
  liveRecordingId: string | null;
  /** Who broadcasts; the team only. `mine`: the person asked for, whose tab it may or may not be. */
  leaseHolder: { name: string; mine: boolean; tab: string } | null;
  access: "yes" | AccessReason;
  /** Of those who may read it; null for everybody else. */
  chat: ChatState | null;
  /** Reported messages that wait for a look; the team only. */
  reports: number | null;
  /** The team rehearses: whoever may watch is told that the host prepares, and no more. */
  preparing: boolean;
  /** What the host tells those who wait, until it is live; "" for everybody who may not. */
  note: string;
};

/** The state of a stream as `userId` (null: nobody signed in) may know it; undefined when there is no such stream. */
export async function findStreamState(
  db: Kysely<Database>,
  { streamId, userId }: { streamId: string; userId: string | null },
): Promise<StreamState | undefined> {
  const facts = await findStreamFacts(db, streamId);
  const access = facts && (await findAccess(db, { streamId, userId }));
  return access && stateFor(facts, { access, userId });
}

/** What somebody with this decision may know of it. */
export function stateFor(
  facts: StreamFacts,
  { access, userId }: { access: AccessDecision; userId: string | null },
): StreamState {
  const team = access.role === "host" || access.role === "moderator";
  const over = facts.status === "ended" || facts.status === "cancelled";
  const { streamId, title, startsAt, liveAt, endedAt } = facts;
  return {
    streamId,
    title,
    status: facts.status === "rehearsal" && !team ? "scheduled" : facts.status,
    startsAt,
    liveAt,
    hostAbsentSince: access.mayWatch ? facts.hostAbsentSince : null,
    endedAt,
    endedReason: access.mayWatch ? facts.endedReason : null,
    recording: team
      ? facts.recording
      : access.mayWatch && over
        ? forViewers(facts.recording)
        : forPublic(facts.recording),
    liveRecordingId: access.mayWatch ? liveRecordingOf(facts) : null,
    leaseHolder:
      team && facts.lease
        ? { name: facts.lease.name, tab: facts.lease.tab, mine: facts.lease.userId === userId }
        : null,
    access: access.mayWatch ? "yes" : access.reason,
    chat: access.mayChat ? facts.chat : null,
    reports: team ? facts.reports : null,
    preparing: access.mayWatch && facts.status === "rehearsal",
    note: access.mayWatch && (facts.status === "scheduled" || facts.status === "rehearsal") ? facts.note : "",
  };
}

const liveRecordingOf = ({ status, recording, hasStored }: StreamFacts) =>
  status === "live" && recording?.safeUntil && hasStored && isUnfinished(recording) ? recording.id : null;

const isUnfinished = ({ status }: RecordingState) => status !== "ready" && status !== "failed";
