import type { Server } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";
import type { Services } from "#app/context.ts";
import { findViewer, type Viewer } from "#app/domain/people/sessions.ts";
import { isId } from "#app/domain/text.ts";
import { readCookie, sessionCookieName } from "#app/http/cookies.ts";
import { countTurn, type NoTurn } from "#app/http/turns.ts";
import { listenForChanges } from "./change-listener.ts";
import { networkAddressOf } from "./network-address.ts";
import { isOurOrigin } from "./origin.ts";
import { createAttendance } from "./page-socket-attendance.ts";
import { createChatNews } from "./page-socket-chat.ts";
import { createFanOut } from "./page-socket-fan-out.ts";
import { createHall, type PageKind } from "./page-socket-hall.ts";
import { closeCodes } from "./page-socket-messages.ts";
import { refuseUpgrade, takeUpgrades, type Upgrade } from "./upgrades.ts";

/** More tabs than this are no person's; each of them costs memory here. */
const mostSocketsOfSession = 20;
/** So many may wait for the database at once; the others are asked to come back. */
const mostWaiting = 1_000;
const mostBytes = 1_024;
const mostMessagesPerSecond = 10;
/** Everything is read again so often, for what was never announced, or lost on the way. */
const sweepMs = 30_000;
const goodbyeMs = 1_000;

type About = { userId?: string; sessionId?: string; network?: string };
type Wish = { streamId: string; tab: string; page: PageKind };

/**
 * The page socket, `GET /events?stream=<id>&tab=<tab>&page=watch|studio`: each open page of a stream learns of its state,
 * its audience, and of the end of its access. Refuses before the upgrade: another origin 403, no session 401, no stream
 * or tab in the address 400, too many sockets or tries 429, database away 503. `close()` sends everybody away with 1012.
 */
export function attachPageSocket(
  server: Server,
  services: Pick<Services, "config" | "db" | "log">,
): { close(): Promise<void> } {
  const { config, db, log } = services;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: mostBytes,
    perMessageDeflate: false,
    clientTracking: false,
  });
  const hall = createHall();
  const fanOut = createFanOut(services, hall);
  const attendance = createAttendance(services, hall);
  const chatNews = createChatNews(services, hall);
  const listener = listenForChanges({
    databaseUrl: config.databaseUrl,
    log,
    onNotice: (notice) => {
      if (notice.kind === "stream") fanOut.stream(notice.streamId);
      else if (notice.kind === "access") fanOut.access(notice.streamId);
      else if (notice.kind === "person") fanOut.person(notice.userId);
      else if (notice.kind === "chat") chatNews.chat(notice);
      else void chatNews.silence(notice.streamId, notice.userId);
    },
    onListening() {
      fanOut.everything();
      chatNews.everything();
    },
  });
  const addressOf = networkAddressOf(config.trustedProxies);
  const sweep = setInterval(() => fanOut.everything(), sweepMs);
  let waiting = 0;
  let draining = false;

  const stopTaking = takeUpgrades(server, (upgrade) => {
    if (upgrade.url.pathname !== "/events") return false;
    open(upgrade);
    return true;
  });

  function logRefused(status: number, about: About) {
    log.info({ event: "page_socket.refused", status, ...about }, "refused at the page socket");
  }

  function open({ request, socket, head, url }: Upgrade) {
    const refuse = (status: number, about: About = {}) => {
      if (status === 401 || status === 403 || status === 429) logRefused(status, about);
      refuseUpgrade(socket, status);
    };
    /** Of those who ask too often one line is enough until they may ask again. */
    const refuseEager = ({ waitSeconds, first }: NoTurn, about: About) => {
      if (first) logRefused(429, about);
      refuseUpgrade(socket, 429, { waitSeconds });
    };
    if (draining || waiting >= mostWaiting) return refuse(503);
    waiting += 1;
    enter()
      .catch((error: unknown) => {
        log.warn({ err: error }, "page socket could not be opened");
        refuse(503);
      })
      .finally(() => void (waiting -= 1));

    async function enter() {
      const network = addressOf(request);
      const crowded = await countTurn("socket.network", network);
      if (crowded) return refuseEager(crowded, { network });
      const token = readCookie(request.headers.cookie, sessionCookieName(config));
      if (request.headers.origin === undefined || !isOurOrigin(request.headers, config.publicUrl)) {
        const viewer = token ? await findViewer(db, token).catch(() => undefined) : undefined;
        return refuse(403, { userId: viewer?.userId, sessionId: viewer?.sessionId });
      }
      if (!token) return refuse(401);
      const wish = readWish(url.searchParams);
      if (!wish) return refuse(400);
      const viewer = await findViewer(db, token);
      if (!viewer) return refuse(401);
      const { userId, sessionId } = viewer;
      const eager = await countTurn("socket.session", sessionId);
      if (eager) return refuseEager(eager, { userId, sessionId });
      if (draining) return refuse(503);
      if (hall.seatsOfSession(sessionId) >= mostSocketsOfSession) return refuse(429, { userId, sessionId });
      sockets.handleUpgrade(request, socket, head, (page) => welcome(page, viewer, wish));
    }
  }

  function welcome(socket: WebSocket, { userId, sessionId }: Viewer, wish: Wish) {
    const { seat, former } = hall.enter(socket, { ...wish, userId, sessionId }, performance.now());
    if (former) {
      hall.leave(former);
      former.socket.close(closeCodes.replaced, "replaced");
      setTimeout(() => former.socket.terminate(), goodbyeMs).unref();
    }
    socket.on("pong", () => attendance.answered(seat));
    socket.on("message", () => {
      seat.heard += 1;
      if (seat.heard > mostMessagesPerSecond) socket.close(closeCodes.tooMuch, "too many messages");
    });
    // ws reports a message that is too large, or nonsense, here and closes by itself.
    socket.on("error", () => socket.terminate());
    socket.on("close", () => {
      if (seat.person.seats.has(seat)) attendance.leave(seat, { mayComeBack: true });
    });
    fanOut.page(seat);
  }

  return {
    async close() {
      draining = true;
      clearInterval(sweep);
      chatNews.close();
      const open = [...hall.seats()];
      for (const seat of open) {
        hall.leave(seat);
        seat.socket.close(closeCodes.restart, "restart");
      }
      await Promise.all([listener.close(), fanOut.close(), attendance.close()]);
      await Promise.all(open.map(({ socket }) => closed(socket)));
      stopTaking();
    },
  };
}

function readWish(query: URLSearchParams): Wish | undefined {
  const streamId = query.get("stream") ?? undefined;
  const tab = query.get("tab") ?? "";
  const page = query.get("page") ?? "watch";
  if (!isId(streamId) || !/^[\w-]{8,64}$/.test(tab) || (page !== "watch" && page !== "studio"))
    return undefined;
  return { streamId: streamId.toLowerCase(), tab, page };
}

async function closed(socket: WebSocket) {
  if (socket.readyState === socket.CLOSED) return;
  const forced = setTimeout(() => socket.terminate(), goodbyeMs);
  await new Promise((resolve) => socket.once("close", resolve));
  clearTimeout(forced);
}
