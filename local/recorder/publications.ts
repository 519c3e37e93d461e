import { type RemoteTrack, type RemoteTrackPublication, TrackKind, TrackSource } from "@livekit/rtc-node";
import { FfiRequest, livekitFfiRequest } from "@livekit/rtc-ffi-bindings";
import type { Waits } from "./jitter.ts";
import { cornerOf, HEIGHT, type Scene, WIDTH } from "./picture.ts";
import type { Sound } from "./sound.ts";
import { followVideo, type VideoTrack } from "./video-track.ts";

/** A track's last second is still to be put out when it goes. */
const AFTERLIFE_MS = 3000;

type Picture = {
  sid: string;
  identity: string;
  screen: boolean;
  track: VideoTrack;
  publication: RemoteTrackPublication;
  /** Whether it was last asked for in the size of the corner. */
  small: boolean;
  endedAt?: number;
};
type Voice = { sid: string; identity: string; track: ReturnType<Sound["follow"]> };

/** The tracks that people publish, and the scene that they make up at each instant. */
export function createPublications(sound: Sound) {
  let pictures: Picture[] = [];
  let voices: Voice[] = [];

  const endPicture = (picture: Picture) => {
    if (picture.endedAt !== undefined) return;
    picture.endedAt = performance.now();
    picture.track.turn(false);
    setTimeout(() => {
      picture.track.close();
      pictures = pictures.filter((other) => other !== picture);
    }, AFTERLIFE_MS);
  };
  const endVoice = (voice: Voice) => {
    voice.track.close();
    voices = voices.filter((other) => other !== voice);
  };

  return {
    add(track: RemoteTrack, publication: RemoteTrackPublication, identity: string) {
      const sid = publication.sid ?? track.sid ?? "";
      if (track.kind === TrackKind.KIND_AUDIO) {
        voices.push({ sid, identity, track: sound.follow(track) });
      } else if (track.kind === TrackKind.KIND_VIDEO) {
        const screen = publication.source === TrackSource.SOURCE_SCREENSHARE;
        const followed = followVideo(track);
        if (publication.muted) followed.turn(false);
        pictures.push({ sid, identity, screen, publication, track: followed, small: false });
      }
    },
    remove(sid: string | undefined) {
      pictures.filter((picture) => picture.sid === sid).forEach(endPicture);
      voices.filter((voice) => voice.sid === sid).forEach(endVoice);
    },
    removeAllOf(identity: string) {
      pictures.filter((picture) => picture.identity === identity).forEach(endPicture);
      voices.filter((voice) => voice.identity === identity).forEach(endVoice);
    },
    mute(sid: string | undefined, muted: boolean) {
      pictures.filter((picture) => picture.sid === sid).forEach((picture) => picture.track.turn(!muted));
      if (!muted) voices.filter((voice) => voice.sid === sid).forEach((voice) => voice.track.restart());
    },
    /** Takes in how long media waited on its way. */
    measure(waits: Waits) {
      for (const { track } of voices) track.delay.measure(waits.sound);
      for (const { track } of pictures) track.measure(waits.pictures);
    },
    /** The last screen that began, the camera of the same person, or whatever camera there is. */
    sceneAt(wall: number): Scene {
      let [screen, camera]: { picture: Picture; still: NonNullable<Scene["screen"]> }[] = [];
      const seen = pictures.flatMap((picture) => {
        const still = picture.track.stillAt(wall);
        return still ? [{ picture, still }] : [];
      });
      screen = seen.findLast(({ picture }) => picture.screen);
      const cameras = seen.filter(({ picture }) => !picture.screen);
      camera = cameras.find(({ picture }) => picture.identity === screen?.picture.identity) ?? cameras.at(-1);
      return { screen: screen?.still, camera: camera?.still, slate: voices.length > 0 ? "sound" : "away" };
    },
    /** Of a camera in the corner the smallest layer that fills it will do: decoding the largest would be for nothing. */
    chooseLayers() {
      const present = pictures.filter((picture) => picture.endedAt === undefined);
      const screenShared = present.some((picture) => picture.screen && !picture.publication.muted);
      for (const picture of present) {
        if (picture.screen || !picture.publication.simulcasted) continue;
        if (picture.small === screenShared) continue;
        picture.small = screenShared;
        askForSize(
          picture.publication,
          screenShared ? cornerOf(WIDTH, HEIGHT) : { width: WIDTH, height: HEIGHT },
        );
      }
    },
  };
}

/** rtc-node has no method for it; the library below it has. */
function askForSize(
  publication: RemoteTrackPublication,
  { width, height }: { width: number; height: number },
) {
  const trackPublicationHandle = publication.ffiHandle.handle;
  const request = new FfiRequest({
    message: {
      case: "updateRemoteTrackPublicationDimension",
      value: { trackPublicationHandle, width, height },
    },
  });
  livekitFfiRequest(request.toBinary());
}
