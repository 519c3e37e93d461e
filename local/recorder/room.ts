import { DisconnectReason, Room, RoomEvent } from "@livekit/rtc-node";
import { setTimeout as sleep } from "node:timers/promises";
import { nanosNow, nanosOf } from "./clock.ts";
import { HEIGHT, WIDTH } from "./picture.ts";
import { createJitterReader } from "./jitter.ts";
import { createPublications } from "./publications.ts";
import { createRecording } from "./recording.ts";
import type { FromRoom, StopReason, ToRoom } from "./room-messages.ts";
import { drawSlates } from "./slate.ts";
import { createSound } from "./sound.ts";
import { createUploads, manifestText } from "./uploads.ts";

/**
 * The process of one recording: joins a room as a hidden recorder, and records from its first track on until it is told
 * to stop, the room is gone or the store refuses. Tells the recorder what happens (`room-messages.ts`). Like the real
 * one it does not take leave of the room; LiveKit notices after 20 s.
 */
async function record(request: Extract<ToRoom, { kind: "start" }>) {
  const { output, framesPerSecond } = request;
  const stop = Promise.withResolvers<StopReason>();
  let stopReason: StopReason | undefined;
  const end = (reason: StopReason) => {
    stopReason ??= reason;
    stop.resolve(stopReason);
  };
  process.on("message", (message: ToRoom) => message.kind === "stop" && end(message.reason));

  let failure: string | undefined;
  const uploads = createUploads(output, {
    stored: (now) => tell({ kind: "stored", ...now }),
    failed: (message) => {
      failure ??= message;
      end("Failure");
    },
  });
  // Drawn while the room is joined: it takes a moment.
  const drawing = drawSlates(WIDTH, HEIGHT);

  const firstTrack = Promise.withResolvers<Beginning>();
  let begun: Beginning | undefined;
  const room = new Room()
    .on(RoomEvent.TrackSubscribed, (track, publication, participant) => {
      begun ??= begin();
      firstTrack.resolve(begun);
      begun.publications.add(track, publication, participant.identity);
    })
    .on(RoomEvent.TrackUnsubscribed, (track, publication) =>
      begun?.publications.remove(publication.sid ?? track.sid),
    )
    .on(RoomEvent.TrackMuted, (publication) => begun?.publications.mute(publication.sid, true))
    .on(RoomEvent.TrackUnmuted, (publication) => begun?.publications.mute(publication.sid, false))
    .on(RoomEvent.ParticipantDisconnected, ({ identity }) => begun?.publications.removeAllOf(identity))
    .on(RoomEvent.Disconnected, (reason) => {
      if (reason !== DisconnectReason.CLIENT_INITIATED) end("Source closed");
    });
  const joining = room.connect(request.livekitUrl, request.token, { autoSubscribe: true, dynacast: false });
  const stopped = stop.promise.then(() => undefined);
  const beginning = await Promise.race([joining.then(() => firstTrack.promise), stopped]);
  if (beginning === undefined) return tell({ kind: "aborted", reason: stopReason! });

  const { startedAt, sound, publications } = beginning;
  const slates = await drawing;
  const startsAt = performance.timeOrigin + startedAt;
  await tell({ kind: "active", at: nanosOf(startsAt) });
  const recording = createRecording({
    startedAt,
    startsAt,
    framesPerSecond,
    segmentSeconds: output.segmentSeconds,
    slates,
    sound,
    sceneAt: publications.sceneAt,
    cut: uploads.add,
  });
  const jitter = createJitterReader(room);
  const care = setInterval(() => {
    publications.chooseLayers();
    jitter.read().then(publications.measure, () => undefined);
  }, 500);
  const running = recording.run();
  const reason = await Promise.race([stop.promise, running.then(() => "Failure" as const)]);
  const endedAt = nanosNow();
  if (reason !== "Failure") await tell({ kind: "ending", reason, at: endedAt });
  clearInterval(care);
  recording.stop();
  await running;
  await uploads.settle();

  const completeAt = nanosNow();
  const facts = { ...request, endedAt: completeAt, output };
  const text = (segmentKeys: string[]) => manifestText({ ...facts, segmentKeys });
  if (await uploads.close({ egressId: request.egressId, text })) {
    return tell({ kind: "complete", at: completeAt, manifest: output.manifest });
  }
  return tell({ kind: "failed", at: completeAt, error: failure ?? "S3 upload failed", code: 400 });
}

function tell(message: FromRoom): Promise<void> {
  return new Promise((done) => process.send!(message, undefined, {}, () => done()));
}

type Beginning = ReturnType<typeof begin>;

/** The recording's clock begins with the first track; sound is placed on it from then on. */
function begin() {
  const startedAt = performance.now();
  const sound = createSound(startedAt);
  return { startedAt, sound, publications: createPublications(sound) };
}

// Without the recorder nobody could stop this, or learn how it went.
process.on("disconnect", () => process.exit(1));
// A Ctrl-C reaches every process of a terminal; the recorder tells us itself.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => undefined);

process.once("message", (message: ToRoom) => {
  if (message.kind !== "start") return;
  record(message)
    .catch((error: Error) => tell({ kind: "failed", at: nanosNow(), error: error.message, code: 500 }))
    .then(() => sleep(20))
    .then(() => process.exit(0));
});
