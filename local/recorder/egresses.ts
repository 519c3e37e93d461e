import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { AccessToken, RoomServiceClient } from "livekit-server-sdk";
import { nanosNow } from "./clock.ts";
import { createEgressFile } from "./egress-file.ts";
import { type EgressInfo, isOver, newEgress, storedSegments, withSegments } from "./egress-info.ts";
import type { CompositeRequest } from "./egress-request.ts";
import { newId } from "./ids.ts";
import { locationOf, manifestKey } from "./output.ts";
import { refuse } from "./refusal.ts";
import type { FromRoom, ToRoom } from "./room-messages.ts";
import type { RecorderSettings } from "./settings.ts";
import type { Webhooks } from "./webhooks.ts";

const roomProcess = fileURLToPath(new URL("./room.ts", import.meta.url));
/** How long a StopEgress waits for the process before it says `deadline_exceeded`. */
const STOP_MS = 3_000;
const DRAIN_MS = 15_000;

type Running = {
  child: ChildProcess;
  request: CompositeRequest;
  /** As it was when its process began; what is said when that process is killed. */
  original: EgressInfo;
  stored: { segments: number; bytes: number };
  /** It is being ended because it has lasted as long as it may. */
  limited?: boolean;
  ended: Promise<void>;
};

const limitReached = {
  status: "EGRESS_LIMIT_REACHED",
  error: "Session limit reached",
  error_code: 413,
} as const;

export type Egresses = ReturnType<typeof createEgresses>;

/** All egresses that are known, and the processes of those that run here. */
export function createEgresses(settings: RecorderSettings & { log(line: string): void }, webhooks: Webhooks) {
  const file = createEgressFile(settings.stateFile);
  const known = new Map(file.read().map((egress) => [egress.egress_id, egress]));
  const running = new Map<string, Running>();
  const changed = new Set<() => void>();
  const rooms = new RoomServiceClient(httpUrl(settings.livekitUrl), settings.apiKey, settings.apiSecret, {
    requestTimeout: 5,
  });
  let draining = false;

  const keep = (egress: EgressInfo) => {
    if (known.get(egress.egress_id)?.status !== egress.status) settings.log(wordsFor(egress));
    known.set(egress.egress_id, egress);
    file.write([...known.values()]);
    for (const tell of changed) tell();
    return egress;
  };

  const find = (egressId: string) => {
    const egress = known.get(egressId);
    if (!egress) throw refuse("not_found", "twirp error unknown: egress does not exist");
    return egress;
  };

  /** What one process tells, in the words of the courses in `tests/fixtures/egress-wire.jsonl`. */
  const hear = (run: Running, message: FromRoom) => {
    const egress = find(run.original.egress_id);
    const { output } = run.request;
    switch (message.kind) {
      case "active":
        keep({
          ...withSegments(egress, { started_at: message.at }),
          status: "EGRESS_ACTIVE",
          updated_at: nanosNow(),
        });
        webhooks.send("egress_updated", find(egress.egress_id));
        limit(run);
        return;
      case "stored":
        run.stored = message;
        return;
      case "ending": {
        const ending: EgressInfo = {
          ...withSegments(egress, storedSegments(output, run.stored)),
          status: "EGRESS_ENDING",
          updated_at: nanosNow(),
          details: `End reason: ${message.reason}`,
        };
        webhooks.send("egress_updated", ending);
        keep(
          withSegments(ending, {
            duration: between(egress.segments.started_at, message.at),
            ended_at: message.at,
          }),
        );
        return;
      }
      case "complete": {
        const complete: EgressInfo = {
          ...withSegments(egress, storedSegments(output, run.stored)),
          ...(run.limited ? limitReached : { status: "EGRESS_COMPLETE" as const }),
          ended_at: message.at,
          updated_at: message.at,
          manifest_location: message.manifest
            ? locationOf(output.s3, manifestKey(output, egress.egress_id))
            : "",
        };
        webhooks.send("egress_ended", keep(complete));
        return;
      }
      case "aborted": {
        const at = nanosNow();
        const aborted: EgressInfo = {
          ...withSegments(egress, { started_at: at, ended_at: at }),
          status: "EGRESS_ABORTED",
          ended_at: at,
          updated_at: at,
          error: "Stop called before pipeline could start",
          error_code: 412,
          details: `End reason: ${message.reason}`,
        };
        // A StopEgress is answered with the first sentence, all that comes after it with the second.
        keep(aborted);
        const later = nanosNow();
        webhooks.send(
          "egress_ended",
          keep({ ...aborted, error: "Start signal not received", ended_at: later, updated_at: later }),
        );
        return;
      }
      case "failed": {
        const begun = egress.segments.started_at;
        const spans =
          begun === "0"
            ? {}
            : { started_at: begun, ended_at: message.at, duration: between(begun, message.at) };
        const failed: EgressInfo = {
          ...withSegments(egress, { ...storedSegments(output, run.stored), ...spans }),
          status: "EGRESS_FAILED",
          ended_at: message.at,
          updated_at: message.at,
          error: message.error,
          error_code: message.code,
          details: "End reason: Failure",
        };
        webhooks.send("egress_ended", keep(failed));
        return;
      }
    }
  };

  /** As the real one's source says it: it ends in order, and its last status tells why. */
  const limit = (run: Running) => {
    if (settings.limitSeconds === 0) return;
    const timer = setTimeout(() => {
      run.limited = true;
      send(run, { kind: "stop", reason: "Session limit reached" });
    }, settings.limitSeconds * 1000);
    run.child.once("exit", () => clearTimeout(timer));
  };

  const lost = (run: Running, code: number | null, signal: NodeJS.Signals | null) => {
    if (isOver(find(run.original.egress_id))) return;
    const at = nanosNow();
    const error =
      signal === "SIGKILL" ? "signal: killed" : signal ? `signal: ${signal}` : `exit status ${code}`;
    const failed: EgressInfo = {
      ...run.original,
      status: "EGRESS_FAILED",
      ended_at: at,
      updated_at: at,
      error,
      error_code: 500,
    };
    webhooks.send("egress_ended", keep(failed));
  };

  const launch = (original: EgressInfo, request: CompositeRequest, token: string) => {
    const child = fork(roomProcess, [], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      env: bareEnvironment(),
    });
    const ended = Promise.withResolvers<void>();
    const run: Running = {
      child,
      request,
      original,
      stored: { segments: 0, bytes: 0 },
      ended: ended.promise,
    };
    running.set(original.egress_id, run);
    const startedAt = nanosNow();
    keep({ ...original, started_at: startedAt });
    child.on("message", (message: FromRoom) => hear(run, message));
    child.on("error", () => undefined);
    child.once("exit", (code, signal) => {
      running.delete(original.egress_id);
      lost(run, code, signal);
      ended.resolve();
    });
    send(run, {
      kind: "start",
      egressId: original.egress_id,
      roomId: original.room_id,
      roomName: original.room_name,
      startedAt,
      livekitUrl: settings.livekitUrl.replace(/^http/, "ws"),
      token,
      framesPerSecond: settings.framesPerSecond,
      output: request.output,
    });
  };

  const send = ({ child }: Running, message: ToRoom) =>
    child.connected && child.send(message, () => undefined);

  const canAccept = () => !draining && running.size < settings.capacity;

  return {
    canAccept,
    get running() {
      return running.size;
    },

    /** Starts a recording, and gives it as it stands then: STARTING. */
    async start(request: CompositeRequest): Promise<EgressInfo> {
      const room = await rooms.listRooms([request.roomName]).then(
        ([found]) => found,
        () => {
          throw refuse("unavailable", "twirp error unknown: LiveKit could not be reached");
        },
      );
      if (!room) throw refuse("not_found", "twirp error unknown: requested room does not exist");
      // What LiveKit says when no recorder claims a request. It takes up to 23 s to say it; we need no such patience.
      if (!canAccept()) throw refuse("unavailable", "twirp error unknown: no response from servers");
      const egressId = newId("EG");
      const token = await joinToken(settings, request.roomName, egressId);
      const { roomName, composite, output } = request;
      const original = newEgress({ egressId, roomId: room.sid, roomName, composite, output, at: nanosNow() });
      webhooks.send("egress_started", keep(original));
      launch(original, request, token);
      return original;
    },

    list({
      roomName,
      egressId,
      active,
    }: {
      roomName: string;
      egressId: string;
      active: boolean;
    }): EgressInfo[] {
      const found = egressId ? [find(egressId)] : [...known.values()];
      return found.filter(
        (egress) => (!roomName || egress.room_name === roomName) && (!active || !isOver(egress)),
      );
    },

    /** Stops a recording, and gives it as it stands then: ENDING, or ABORTED when it had not begun. */
    async stop(egressId: string): Promise<EgressInfo> {
      const egress = find(egressId);
      if (isOver(egress)) {
        throw refuse("failed_precondition", `egress with status ${egress.status} cannot be stopped`);
      }
      if (egress.status === "EGRESS_ENDING" && running.has(egressId)) return egress;
      const run = running.get(egressId);
      const stopping = Promise.withResolvers<EgressInfo>();
      const look = () => {
        const now = find(egressId);
        if (now.status === "EGRESS_ENDING" || isOver(now)) stopping.resolve(now);
      };
      changed.add(look);
      try {
        if (run) send(run, { kind: "stop", reason: "StopEgress API" });
        // A recorder whose host is lost never answers: it stays as it was, for ever.
        const late = sleep(STOP_MS, undefined, { ref: false });
        const stopped = await Promise.race([stopping.promise, late]);
        if (!stopped) throw refuse("deadline_exceeded", "twirp error unknown: request timed out");
        return stopped;
      } finally {
        changed.delete(look);
      }
    },

    /** Ends all recordings properly, and takes no new ones. */
    async drain() {
      draining = true;
      for (const run of running.values()) send(run, { kind: "stop", reason: "Service terminated" });
      const all = Promise.all([...running.values()].map(({ ended }) => ended));
      await Promise.race([all, sleep(DRAIN_MS, undefined, { ref: false })]);
      for (const { child } of running.values()) child.kill("SIGKILL");
      await Promise.race([webhooks.settle(), sleep(DRAIN_MS, undefined, { ref: false })]);
    },
  };
}

const wordsFor = ({ egress_id, room_name, status, details, error }: EgressInfo) =>
  [`${egress_id} of room ${room_name}: ${status}`, details, error].filter(Boolean).join(", ");

const between = (from: string, to: string) => String(BigInt(to) - BigInt(from));

function joinToken({ apiKey, apiSecret }: RecorderSettings, roomName: string, egressId: string) {
  const token = new AccessToken(apiKey, apiSecret, { identity: egressId, ttl: 3600 });
  token.kind = "egress";
  token.addGrant({
    room: roomName,
    roomJoin: true,
    canSubscribe: true,
    canPublish: false,
    canPublishData: false,
    hidden: true,
    recorder: true,
  });
  return token.toJwt();
}

/**
 * The recording's process is told what it needs by message, so that no secret stands in its environment. rtc-node logs
 * each of its steps unless this is production.
 */
function bareEnvironment(): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR, LANG, TZ } = process.env;
  return { NODE_ENV: "production", PATH, HOME, TMPDIR, LANG, TZ };
}

const httpUrl = (url: string) => url.replace(/^ws/, "http");
