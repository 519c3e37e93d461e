import { type AccessDecision, findAccess, listAccessOfPeople } from "#app/domain/access/decision.ts";
import { findObstacles, keepHeldPlaces, takeFreePlaces, type Watching } from "#app/domain/devices/places.ts";
import { findViewers } from "#app/domain/people/sessions.ts";
import { findSegmentObject } from "#app/domain/recordings/media-objects.ts";
import { findWatchedStream, type StreamAddress } from "#app/domain/streams/watched.ts";
import type { Db } from "#db/client.ts";
import { gather } from "./gather.ts";

type Person = { userId: string | null; streamId: string };
type Device = Parameters<typeof findObstacles>[1][number];
type Segment = Parameters<typeof findSegmentObject>[1];

export type Questions = ReturnType<typeof createQuestions>;

/**
 * What a crowd asks the database, for media and for the pages of streams: who they are, whether they may watch, whether
 * their device has a place, what stream is at an address, and what the segment is. Each is asked anew for each request;
 * those of many at the same moment share a statement, and its wait. Only who must take a place waits for locks, and only
 * with others who must.
 */
export function createQuestions(db: Db) {
  const held = gather((watching: Watching[]) => keepHeldPlaces(db, watching));
  const taken = gather((watching: Watching[]) => takeFreePlaces(db, watching));
  return {
    viewer: gather(once(String, (tokens) => findViewers(db, tokens))),
    watched: gather(
      once(
        ({ space, experience, stream }: StreamAddress) => [space, experience, stream].join("/"),
        (addresses) => Promise.all(addresses.map((address) => findWatchedStream(db, address))),
      ),
    ),
    obstacle: gather(
      once(
        ({ grantId, sessionId }: Device) => [grantId, sessionId].join(" "),
        (devices) => findObstacles(db, devices),
      ),
    ),
    access: gather((people: Person[]) => listDecisions(db, people)),
    place: async (watching: Watching) => (await held(watching)) || taken(watching),
    // At the end of a live stream everybody asks for the same one.
    segment: gather(
      once(
        ({ streamId, recordingId, asTeam, attempt, number, whole }: Segment) =>
          [streamId, recordingId, asTeam, attempt, number, whole].join(" "),
        (segments) => Promise.all(segments.map((segment) => findSegmentObject(db, segment))),
      ),
    ),
  };
}

async function listDecisions(db: Db, people: Person[]): Promise<(AccessDecision | undefined)[]> {
  const ofStreams = Map.groupBy(people, ({ streamId }) => streamId);
  const decided = await Promise.all(
    [...ofStreams].map(async ([streamId, ofStream]) => {
      const userIds = [...new Set(ofStream.map(({ userId }) => userId))];
      // One is asked about as such: of a list Postgres makes another plan each time.
      const known = userIds.filter((userId) => userId !== null);
      const [nobody, people] = await Promise.all([
        userIds.includes(null) ? findAccess(db, { userId: null, streamId }) : undefined,
        known.length === 1
          ? findAccess(db, { userId: known[0]!, streamId }).then((one) => new Map([[known[0]!, one]]))
          : known.length > 0
            ? listAccessOfPeople(db, { userIds: known, streamId })
            : new Map<string, AccessDecision>(),
      ]);
      return [streamId, { nobody, people }] as const;
    }),
  );
  const decisions = new Map(decided);
  return people.map(({ userId, streamId }) => {
    const { nobody, people } = decisions.get(streamId)!;
    return userId === null ? nobody : people.get(userId);
  });
}

/** Has what several ask in the same words (`keyOf`) asked once. */
function once<Question, Answer>(
  keyOf: (question: Question) => string,
  answerAll: (questions: Question[]) => Promise<Answer[]>,
) {
  return async (questions: Question[]): Promise<Answer[]> => {
    const asked = new Map(questions.map((question) => [keyOf(question), question]));
    const answers = await answerAll([...asked.values()]);
    const answered = new Map([...asked.keys()].map((key, at) => [key, answers[at]!]));
    return questions.map((question) => answered.get(keyOf(question))!);
  };
}
