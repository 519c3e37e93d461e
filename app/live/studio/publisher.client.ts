import { type Room, Track } from "livekit-client";
import type { Source, SourceName, Sources } from "./sources.client.ts";

const names: Record<SourceName, Track.Source> = {
  microphone: Track.Source.Microphone,
  camera: Track.Source.Camera,
  screen: Track.Source.ScreenShare,
  screenAudio: Track.Source.ScreenShareAudio,
};

/**
 * Makes what the room has of us equal to what the sources are, again and again: one pass at a time, and another one when
 * something changed meanwhile. So whichever button was pressed while a connection was made is right in the end.
 */
export function createPublisher(room: Room, sources: Sources, onProblem: (error: unknown) => void) {
  let running = false;
  let again = false;

  async function sync(): Promise<void> {
    again = true;
    if (running) return;
    running = true;
    try {
      while (again && room.state === "connected") {
        again = false;
        for (const name of Object.keys(names) as SourceName[])
          await level(room, names[name], sources.get()[name]);
      }
    } catch (error) {
      onProblem(error);
    } finally {
      running = false;
    }
  }
  return { sync };
}

async function level(room: Room, source: Track.Source, wanted: Source): Promise<void> {
  const host = room.localParticipant;
  const publication = host.getTrackPublication(source);
  const track = wanted.kind === "on" ? wanted.track : undefined;
  if (track && !publication?.track) {
    if (track.readyState === "live") await host.publishTrack(track, { source, simulcast: true });
    return;
  }
  if (!publication?.track) return;
  if (track) {
    if (publication.track.mediaStreamTrack !== track) await publication.track.replaceTrack(track, true);
    if (publication.isMuted) await publication.unmute();
  } else if (source === Track.Source.Camera || source === Track.Source.Microphone) {
    if (!publication.isMuted) await publication.mute();
  } else {
    await host.unpublishTrack(publication.track.mediaStreamTrack, false);
  }
}
