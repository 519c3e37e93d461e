import { type DestinationStream, type LoggerOptions, pino } from "pino";

export type Log = ReturnType<typeof createLog>;

/**
 * The process's log, one JSON object a line. Callers log ids; what could be a secret all the same is cut out here:
 * tokens, codes, cookies, keys and whatever a URL carries behind its `?`. It goes to `destination`, by default the
 * process's standard output.
 */
export function createLog({
  level,
  name,
  destination,
}: {
  level: string;
  name: "web" | "worker" | "gate";
  destination?: DestinationStream;
}) {
  const secrets = ["token", "code", "cookie", "authorization", "secret", "password", "email", "url"];
  const options: LoggerOptions = {
    name,
    level,
    base: { name },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: secrets.flatMap((key) => [key, `*.${key}`]), censor: "…" },
    serializers: { err: describeError },
  };
  return destination ? pino(options, destination) : pino(options);
}

/** Name, message, code and stack; the other fields of an error can hold a whole request with its headers. */
function describeError(error: unknown) {
  if (!(error instanceof Error)) {
    // pg-boss tells some of its errors as plain objects.
    const { message } = (error ?? {}) as { message?: unknown };
    return { message: withoutQueries(typeof message === "string" ? message : String(error)) };
  }
  const { code } = error as { code?: unknown };
  return {
    name: error.name,
    message: withoutQueries(error.message),
    code,
    stack: withoutQueries(error.stack ?? ""),
  };
}

const withoutQueries = (text: string) => text.replaceAll(/(https?:\/\/[^\s?"']*)\?[^\s"']*/g, "$1?…");
