import {
  DisconnectReason,
  LogLevel,
  type RemoteTrack,
  Room,
  RoomEvent,
  setLogLevel,
  Track,
} from "livekit-client";
import { signalGate } from "../signal-gate.ts";
import { openFirstPicture } from "./first-picture.client.ts";
import { followMedia } from "./media-goes-on.client.ts";
import { patientPauseMs, pauseMs } from "./pauses.ts";
import { askForTicket, type TicketAnswer } from "./ticket.ts";

/** How the line to the room is; each of these is shown. */
export type Line =
  | "joining"
  | "joined"
  /** It is gone, and what the host sends comes all the same: nobody needs to know. */
  | "resuming"
  | "reconnecting"
  /** Another page has this tab's place: who comes back by itself would throw it out again, for ever. */
  | "elsewhere"
  /** So many are in the room that this page watches with a delay, and asks again. */
  | "full"
  | "refused"
  | "failed";

export type RoomView = {
  line: Line;
  /** It was joined before, so whatever is wrong now is a loss. */
  wasIn: boolean;
  screen: RemoteTrack | null;
  camera: RemoteTrack | null;
  /** The host shows one, which is not here yet: sound is often there first. */
  pictureComes: boolean;
  sounds: RemoteTrack[];
  /** The browser wants to be tapped before it plays sound. */
  soundBlocked: boolean;
};

export type ViewerRoom = ReturnType<typeof joinRoom>;

/** After so many tries in a row the page says that it does not work, and goes on trying. */
const triesBeforeWords = 4;

/**
 * Joins the live room of the stream whose page is at `path`, and comes back after each loss that is none of our doing, each
 * time with a new ticket: the server says whether there is still something to come back to. `asked` is a ticket that was
 * asked for already.
 */
export function joinRoom(path: string, asked?: Promise<TicketAnswer>) {
  // The page says in words how the line is. LiveKit's own log calls each loss an error, and shows whole joins.
  setLogLevel(LogLevel.silent);
  const room = new Room({ adaptiveStream: { pixelDensity: "screen" }, dynacast: true });
  const listeners = new Set<() => void>();
  let view: RoomView = {
    line: "joining",
    wasIn: false,
    screen: null,
    camera: null,
    pictureComes: false,
    sounds: [],
    soundBlocked: false,
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  /** So many tries in a row were made while something else was shown: there was no place, or it did not work. */
  let patientTries = 0;
  let joinedAt = 0;
  let awaySince: number | null = performance.now();
  let patient = false;
  let left = false;
  const first = openFirstPicture();
  let refusal: Exclude<TicketAnswer, { ok: true }>["reason"] | null = null;

  function show(part: Partial<RoomView>) {
    view = { ...view, ...part };
    const sees = view.line === "joined" || view.line === "resuming";
    if (sees) awaySince = null;
    else awaySince ??= performance.now();
    if (view.line !== "joining" && !view.pictureComes && !view.screen && !view.camera) first.expectNone();
    // While the line is gone the page's words are read, and not a picture that stands still.
    first.show(sees ? (view.screen ?? view.camera) : null);
    for (const listener of listeners) listener();
  }

  async function join(ticket: Promise<TicketAnswer>) {
    try {
      const answer = await ticket;
      if (left) return;
      if (!answer.ok) {
        refusal = answer.reason;
        if (answer.reason !== "hls") return show({ line: "refused" });
        later(patientPauseMs(patientTries++));
        return show({ line: "full" });
      }
      await room.connect(answer.url ?? signalGate(), answer.token, { maxRetries: 0 });
      if (left) void room.disconnect();
    } catch {
      comeBack();
    }
  }

  function comeBack() {
    if (left) return;
    clearTimeout(timer);
    // Whoever was in for a while begins again from the shortest pause.
    if (joinedAt > 0 && performance.now() - joinedAt > 20_000) failures = 0;
    joinedAt = 0;
    failures += 1;
    show({ line: failures > triesBeforeWords ? "failed" : "reconnecting", ...tracks() });
    later(patient ? patientPauseMs(patientTries++) : pauseMs(failures));
  }

  function later(longestMs: number) {
    clearTimeout(timer);
    timer = setTimeout(() => void join(askForTicket(path)), longestMs * (0.3 + Math.random() * 0.7));
  }

  function tracks(): Pick<RoomView, "screen" | "camera" | "pictureComes" | "sounds"> {
    const publications = [...room.remoteParticipants.values()].flatMap((person) => [
      ...person.trackPublications.values(),
    ]);
    const shown = (source: Track.Source) =>
      publications.find((one) => one.source === source && one.track && !one.isMuted)?.track as
        RemoteTrack | undefined;
    const sounds = publications.flatMap(({ track, kind }) =>
      track && kind === Track.Kind.Audio ? [track as RemoteTrack] : [],
    );
    return {
      screen: shown(Track.Source.ScreenShare) ?? null,
      camera: shown(Track.Source.Camera) ?? null,
      pictureComes: publications.some((one) => one.kind === Track.Kind.Video && !one.track && !one.isMuted),
      sounds,
    };
  }

  const look = () => show(tracks());

  for (const event of [
    RoomEvent.TrackPublished,
    RoomEvent.TrackSubscribed,
    RoomEvent.TrackUnsubscribed,
    RoomEvent.TrackMuted,
    RoomEvent.TrackUnmuted,
    RoomEvent.TrackUnpublished,
    RoomEvent.ParticipantDisconnected,
  ] as const) {
    room.on(event, look);
  }
  // Before what was waiting for it is told: a picture comes to somebody who has joined.
  room.on(RoomEvent.Connected, () => {
    media.end();
    joinedAt = performance.now();
    patientTries = 0;
    show({ line: "joined", wasIn: true, ...tracks() });
  });
  room.on(RoomEvent.AudioPlaybackStatusChanged, () => show({ soundBlocked: !room.canPlaybackAudio }));
  const media = followMedia(room, (goesOn) => {
    const line = goesOn ? "resuming" : "reconnecting";
    if (line !== view.line) show({ line });
  });
  room.on(RoomEvent.SignalReconnecting, () => {
    show({ line: "resuming" });
    media.begin();
  });
  room.on(RoomEvent.Reconnecting, () => {
    media.end();
    show({ line: "reconnecting" });
  });
  room.on(RoomEvent.Reconnected, () => {
    media.end();
    show({ line: "joined", ...tracks() });
  });
  room.on(RoomEvent.Disconnected, (reason) => {
    media.end();
    // Before it was joined, `connect` itself rejects.
    if (left || joinedAt === 0) return;
    if (reason === DisconnectReason.DUPLICATE_IDENTITY) {
      joinedAt = 0;
      return show({ line: "elsewhere", ...tracks() });
    }
    comeBack();
  });
  void join(asked ?? askForTicket(path));

  return {
    view: () => view,
    pictured: first.pictured,
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    /** Since when there is no line to the room, by `performance.now()`; null while there is one. */
    awaySince: () => awaySince,
    /** Something else is shown meanwhile, so tries to join are rare. */
    bePatient(on: boolean) {
      patient = on;
    },
    /** Why a ticket was refused; null while none was. */
    refusal: () => refusal,
    /** The page's player has shown a frame of this track. */
    frameSeen: first.frameSeen,
    /** The page's player has something to say over the picture. */
    endFirstPicture: first.end,
    startSound: () => room.startAudio(),
    /** At once, for somebody who pressed a button. */
    tryAgain() {
      clearTimeout(timer);
      media.end();
      failures = 0;
      patientTries = 0;
      refusal = null;
      show({ line: "joining" });
      void join(askForTicket(path));
    },
    leave() {
      left = true;
      media.end();
      clearTimeout(timer);
      listeners.clear();
      first.end();
      void room.disconnect();
    },
  };
}
