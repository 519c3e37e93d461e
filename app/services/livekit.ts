import {
  AccessToken,
  RoomServiceClient,
  TrackSource,
  TrackType,
  TwirpError,
  type VideoGrant,
} from "livekit-server-sdk";
import type { LiveKitConfig } from "#app/config.ts";
import { firstPairOf, pairsOf } from "./livekit-pairs.ts";
import { askingByDatabaseClock, byDatabaseClock, readSigned } from "./livekit-tokens.ts";
import { serviceError } from "./service-error.ts";

export type RoomRole = "host" | "viewer";
export type RoomPerson = {
  identity: string;
  publishes: boolean;
  recorder: boolean;
  /** By LiveKit's clock, in whole seconds of Unix time. */
  joinedAtSeconds: number;
};
/** What is sent of a kind: something, something that is switched off, or nothing. */
export type Sending = "on" | "off" | "none";
export type Published = { picture: Sending; sound: Sending };
export type LiveKit = ReturnType<typeof createLiveKit>;

/** How long a token can be used to join. A client that is in the room is refreshed by LiveKit itself. */
const tokenSeconds = 60;

/**
 * LiveKit's rooms and tokens. A room is named by its stream's id. Every call throws a ServiceError (service "livekit")
 * when LiveKit cannot be reached within 5 s; "there is no such room" is an answer, not an error.
 */
export function createLiveKit(config: LiveKitConfig) {
  const signing = firstPairOf(config.apiKey, config.apiSecret);
  const rooms = askingByDatabaseClock(
    new RoomServiceClient(config.url, signing.key, signing.secret, { requestTimeout: 5 }),
    signing.secret,
  );
  // LiveKit signs the tokens that it refreshes with any of its pairs, at random.
  const pairs = [
    ...pairsOf(config.apiKey, config.apiSecret),
    ...pairsOf(config.webhookKey, config.webhookSecret),
  ];

  return {
    /** Where browsers reach LiveKit itself; null: only through our signal gate. */
    publicUrl: config.publicUrl,

    /** Creates the room, or finds it. It outlives an empty spell of `graceSeconds` and a minute. */
    async openRoom(streamId: string, { graceSeconds }: { graceSeconds: number }): Promise<void> {
      const patience = graceSeconds + 60;
      await asked(rooms.createRoom({ name: streamId, emptyTimeout: patience, departureTimeout: patience }));
    },

    /** Ends the room for everyone in it. No room: nothing to do. */
    async closeRoom(streamId: string): Promise<void> {
      await orNone(asked(rooms.deleteRoom(streamId)));
    },

    /** Who is in the room, recorders included; undefined when there is no such room. */
    async listPeople(streamId: string): Promise<RoomPerson[] | undefined> {
      const [room] = await asked(rooms.listRooms([streamId]));
      if (!room) return undefined;
      const people = (await orNone(asked(rooms.listParticipants(streamId)))) ?? [];
      return people.map(({ identity, permission, tracks, joinedAt }) => ({
        identity,
        joinedAtSeconds: Number(joinedAt),
        publishes: tracks.length > 0,
        recorder: permission?.recorder === true,
      }));
    },

    /** What the people in a room send; undefined when there is no such room. */
    async findPublished(streamId: string): Promise<Published | undefined> {
      const people = await orNone(asked(rooms.listParticipants(streamId)));
      const tracks = people
        ?.filter(({ permission }) => !permission?.recorder)
        .flatMap(({ tracks }) => tracks);
      const sending = (type: TrackType): Sending => {
        const some = tracks?.filter((track) => track.type === type) ?? [];
        if (some.length === 0) return "none";
        return some.some(({ muted }) => !muted) ? "on" : "off";
      };
      return people && { picture: sending(TrackType.VIDEO), sound: sending(TrackType.AUDIO) };
    },

    /** Disconnects one identity. It revokes nothing: who must stay out is refused by the decision. */
    async removePerson(streamId: string, identity: string): Promise<void> {
      await orNone(asked(rooms.removeParticipant(streamId, identity)));
    },

    /**
     * Whose token this is, made by LiveKit or by us, valid now; undefined for anything else. It says nothing about what
     * its holder may do by now: that is the decision's.
     */
    async readToken(token: string): Promise<{ streamId: string; identity: string } | undefined> {
      for (const pair of pairs) {
        try {
          const { sub, video } = (await readSigned(token, pair)) as { sub?: string; video?: VideoGrant };
          if (!sub || !video?.roomJoin || !video.room) return undefined;
          return { streamId: video.room, identity: sub };
        } catch {
          // Of another pair, of somebody else, or too old.
        }
      }
      return undefined;
    },

    /** A token that joins this one room as `identity` within `seconds`: a viewer only subscribes, a host only publishes its four sources. */
    async mintToken({
      streamId,
      identity,
      role,
      seconds = tokenSeconds,
    }: {
      streamId: string;
      identity: string;
      role: RoomRole;
      seconds?: number;
    }): Promise<string> {
      const token = new AccessToken(signing.key, signing.secret, { identity, ttl: seconds });
      token.addGrant({ room: streamId, roomJoin: true, ...(role === "host" ? hostGrant : viewerGrant) });
      return byDatabaseClock(await token.toJwt(), signing.secret);
    },
  };
}

const viewerGrant: VideoGrant = {
  canSubscribe: true,
  canPublish: false,
  canPublishData: false,
  canUpdateOwnMetadata: false,
};
const hostGrant: VideoGrant = {
  canSubscribe: true,
  canPublish: true,
  canPublishSources: [
    TrackSource.CAMERA,
    TrackSource.MICROPHONE,
    TrackSource.SCREEN_SHARE,
    TrackSource.SCREEN_SHARE_AUDIO,
  ],
  canPublishData: false,
  canUpdateOwnMetadata: false,
};

async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof TwirpError) {
      const code = error.code ?? "unknown";
      throw serviceError("livekit", `request refused (${code})`, { retryable: error.status >= 500, code });
    }
    throw serviceError("livekit", "could not be reached", { retryable: true, code: "unreachable" });
  }
}

async function orNone<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if ((error as { code?: string }).code === "not_found") return undefined;
    throw error;
  }
}
