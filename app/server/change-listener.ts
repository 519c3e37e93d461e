import pg from "pg";
import { type ChangeNotice, changeChannel } from "#app/domain/changes/notices.ts";
import type { Log } from "#app/services/log.ts";

type Options = {
  databaseUrl: string;
  log: Log;
  onNotice: (notice: ChangeNotice) => void;
  /** Listening begins, the first time or again: whatever happened before was not heard, so everything is read again. */
  onListening: () => void;
};

const patienceMs = 5_000;
const askEveryMs = 10_000;

/**
 * Listens for changes on a connection of its own, and makes a new one whenever it is lost or silent, with a growing
 * pause between tries (0.1 to 5 s, each shortened at random).
 */
export function listenForChanges({ databaseUrl, log, onNotice, onListening }: Options) {
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let failures = 0;
  let closed = false;

  async function listen() {
    const mine = new pg.Client({
      connectionString: databaseUrl,
      connectionTimeoutMillis: patienceMs,
      query_timeout: patienceMs,
      keepAlive: true,
      application_name: "frontrow changes",
    });
    client = mine;
    mine.on("error", (error) => lost(mine, error));
    mine.on("end", () => lost(mine));
    mine.on("notification", ({ payload }) => {
      const notice = readNotice(payload);
      if (notice) onNotice(notice);
    });
    try {
      await mine.connect();
      await mine.query(`listen ${changeChannel}`);
      if (closed || client !== mine) return;
      if (failures > 0) log.info("changes are heard again");
      failures = 0;
      onListening();
      timer = setTimeout(() => void ask(mine), askEveryMs);
    } catch (error) {
      lost(mine, error);
    }
  }

  /** A connection that is cut without a word looks alive until somebody asks something. */
  async function ask(mine: pg.Client) {
    try {
      await mine.query("select 1");
      if (client === mine) timer = setTimeout(() => void ask(mine), askEveryMs);
    } catch (error) {
      lost(mine, error);
    }
  }

  function lost(mine: pg.Client, error?: unknown) {
    if (client !== mine) return;
    client = undefined;
    clearTimeout(timer);
    void mine.end().catch(() => {});
    if (closed) return;
    if (failures === 0) log.warn({ err: error }, "changes are not heard: connection lost");
    const pause = Math.min(5_000, 100 * 2 ** failures) * (0.5 + Math.random() / 2);
    failures += 1;
    timer = setTimeout(() => void listen(), pause);
  }

  void listen();
  return {
    async close() {
      closed = true;
      clearTimeout(timer);
      const mine = client;
      client = undefined;
      await mine?.end().catch(() => {});
    },
  };
}

const idsIn = (ids: unknown) => (Array.isArray(ids) ? ids.filter((id) => typeof id === "string") : []);

function readNotice(payload: string | undefined): ChangeNotice | undefined {
  try {
    const said = JSON.parse(payload ?? "") as Partial<
      Record<"kind" | "streamId" | "userId" | "shown" | "gone", unknown>
    >;
    if ((said.kind === "stream" || said.kind === "access") && typeof said.streamId === "string")
      return { kind: said.kind, streamId: said.streamId };
    if (said.kind === "person" && typeof said.userId === "string")
      return { kind: "person", userId: said.userId };
    if (said.kind === "silence" && typeof said.streamId === "string" && typeof said.userId === "string")
      return { kind: "silence", streamId: said.streamId, userId: said.userId };
    if (said.kind === "chat" && typeof said.streamId === "string")
      return { kind: "chat", streamId: said.streamId, shown: idsIn(said.shown), gone: idsIn(said.gone) };
  } catch {
    // Somebody else's words on our channel.
  }
  return undefined;
}
