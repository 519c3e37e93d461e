import { availableParallelism } from "node:os";

export type RecorderSettings = ReturnType<typeof readSettings>;

/** The recorder's environment. Throws one sentence that names all that is missing or wrong. */
export function readSettings(environment: Record<string, string | undefined>) {
  const wrong: string[] = [];
  const required = (name: string) => {
    const value = environment[name];
    if (!value) wrong.push(`${name} is missing`);
    return value ?? "";
  };
  const whole = (name: string, fallback: number, min: number, max: number) => {
    const value = environment[name] ? Number(environment[name]) : fallback;
    if (!Number.isInteger(value) || value < min || value > max)
      wrong.push(`${name} must be ${min} to ${max}`);
    return value;
  };
  const settings = {
    host: environment.HOST || "127.0.0.1",
    port: environment.PORT ? whole("PORT", 0, 0, 65535) : Number(required("PORT")),
    livekitUrl: required("LIVEKIT_URL"),
    apiKey: first(required("LIVEKIT_API_KEY")),
    apiSecret: first(required("LIVEKIT_API_SECRET")),
    /** Whose requests are taken: as LiveKit, for which it answers, knows both while keys are rotated. */
    pairs: pairsOf(environment.LIVEKIT_API_KEY ?? "", environment.LIVEKIT_API_SECRET ?? ""),
    webhookUrl: environment.WEBHOOK_URL || undefined,
    webhookKey: environment.WEBHOOK_URL ? first(required("LIVEKIT_WEBHOOK_KEY")) : "",
    webhookSecret: environment.WEBHOOK_URL ? first(required("LIVEKIT_WEBHOOK_SECRET")) : "",
    /** Recordings at once; one with camera and screen takes a little more than half a core. */
    capacity: whole("RECORDER_CAPACITY", Math.max(4, availableParallelism()), 1, 64),
    /** Seconds after which a recording is ended as the real one's `session_limits` do; 0 for never. */
    limitSeconds: whole("RECORDER_LIMIT_SECONDS", 0, 0, 86_400),
    framesPerSecond: whole("RECORDER_FPS", 30, 5, 60),
    /** Stands for the real one's Redis: what is known of egresses outlives the recorder. */
    stateFile: environment.RECORDER_STATE_FILE || undefined,
  };
  if (wrong.length > 0) throw new Error(`The recorder cannot start: ${wrong.join(", ")}.`);
  return settings;
}

const listed = (text: string) => text.split(",").map((part) => part.trim());
/** Of the two that there are while keys are rotated. */
const first = (text: string) => listed(text)[0]!;
const pairsOf = (keys: string, secrets: string) =>
  listed(keys).map((apiKey, index) => ({ apiKey, apiSecret: listed(secrets)[index] ?? "" }));
