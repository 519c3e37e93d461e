export type ChatSettings = ReturnType<typeof readSettings>;

/** The chat server's environment. Throws one sentence that names all that is missing or wrong. */
export function readSettings(environment: Record<string, string | undefined>) {
  const wrong: string[] = [];
  const required = (name: string) => {
    const value = environment[name];
    if (!value) wrong.push(`${name} is missing`);
    return value ?? "";
  };
  const port = Number(required("PORT"));
  if (!Number.isInteger(port) || port < 0 || port > 65535) wrong.push("PORT must be 0 to 65535");
  // The SDK turns :3030 into :8800 for its socket (stream-chat, client.ts, setBaseURL).
  if (port === 3030) wrong.push("PORT must not be 3030");
  const settings = {
    host: environment.HOST || "127.0.0.1",
    port,
    /** A database of its own: it is made on that server when it is missing. */
    databaseUrl: required("DATABASE_URL"),
    apiKey: required("STREAM_API_KEY"),
    apiSecret: required("STREAM_API_SECRET").split(",")[0] ?? "",
    /** Where events are posted, signed; without it nothing is. */
    webhookUrl: environment.WEBHOOK_URL || undefined,
    /** Requests of one person to one endpoint in a minute; the real service's limit is 60 (its documentation of rate limits). */
    requestsPerMinute: Number(environment.CHAT_REQUESTS_PER_MINUTE || 60),
  };
  if (wrong.length > 0) throw new Error(`The chat server cannot start: ${wrong.join(", ")}.`);
  return settings;
}
