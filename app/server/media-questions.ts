import { type AccessDecision, findAccess, listAccessOfPeople } from "#app/domain/access/decision.ts";
import { keepHeldPlaces, takeFreePlaces, type Watching } from "#app/domain/devices/places.ts";
import { findViewers } from "#app/domain/people/sessions.ts";
import { findSegmentObject } from "#app/domain/recordings/media-objects.ts";
import type { Db } from "#db/client.ts";
import { gather } from "./gather.ts";

type Person = { userId: string | null; streamId: string };
type Segment = Parameters<typeof findSegmentObject>[1];

/**
 * What each request for media asks the database: who it is, whether they may watch, whether their device has a place, and
 * what the segment is. Each is asked anew for each request; those of many at the same moment share a statement, and its
 * wait. Only who must take a place waits for locks, and only with others who must.
 */
export function createMediaQuestions(db: Db) {
  const held = gather((watching: Watching[]) => keepHeldPlaces(db, watching));
  const taken = gather((watching: Watching[]) => takeFreePlaces(db, watching));
  return {
    viewer: gather((tokens: string[]) => findViewers(db, tokens)),
    access: gather((people: Person[]) => listDecisions(db, people)),
    place: async (watching: Watching) => (await held(watching)) || taken(watching),
    segment: gather((segments: Segment[]) => listSegments(db, segments)),
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

/** At the end of a live stream everybody asks for the same one. */
async function listSegments(db: Db, segments: Segment[]) {
  const asked = new Map(segments.map((segment) => [keyOf(segment), segment]));
  const found = await Promise.all(
    [...asked].map(async ([key, segment]) => [key, await findSegmentObject(db, segment)] as const),
  );
  const objects = new Map(found);
  return segments.map((segment) => objects.get(keyOf(segment)));
}

const keyOf = ({ streamId, recordingId, asTeam, attempt, number, whole }: Segment) =>
  [streamId, recordingId, asTeam, attempt, number, whole].join(" ");
