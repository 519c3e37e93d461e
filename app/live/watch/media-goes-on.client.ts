import { RemoteAudioTrack, RemoteVideoTrack, type Room } from "livekit-client";

const everyMs = 500;
/** So many looks in a row without anything new, and nothing comes any more. */
const mostStill = 3;

/**
 * While only the signalling is gone, as when web is restarted, pictures and sound go on by themselves. Between `begin` and
 * `end`, `tell` hears twice a second whether they do.
 */
export function followMedia(room: Room, tell: (goesOn: boolean) => void): { begin(): void; end(): void } {
  let timer: ReturnType<typeof setInterval> | undefined;
  let before = -1;
  let still = 0;

  async function look(mine: typeof timer) {
    const now = await bytesReceived(room).catch(() => -1);
    if (timer !== mine) return;
    still = now > before ? 0 : still + 1;
    before = now;
    tell(still < mostStill);
  }

  function end() {
    clearInterval(timer);
    timer = undefined;
  }

  return {
    begin() {
      end();
      before = -1;
      still = 0;
      const mine = setInterval(() => void look(mine), everyMs);
      timer = mine;
    },
    end,
  };
}

/** All that has come of what the host sends. */
async function bytesReceived(room: Room): Promise<number> {
  const tracks = [...room.remoteParticipants.values()].flatMap(({ trackPublications }) =>
    [...trackPublications.values()].map(({ track }) => track),
  );
  const received = tracks.map(async (track) =>
    track instanceof RemoteVideoTrack || track instanceof RemoteAudioTrack
      ? ((await track.getReceiverStats())?.bytesReceived ?? 0)
      : 0,
  );
  return (await Promise.all(received)).reduce((sum, bytes) => sum + bytes, 0);
}
