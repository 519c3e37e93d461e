import type { IncomingMessage, Server } from "node:http";
import type { Request, Response } from "express";
import type { Services } from "#app/context.ts";
import { grantOf } from "#app/domain/access/decision.ts";
import { touchPlaces } from "#app/domain/devices/places.ts";
import type { Participant } from "#app/domain/participants/admission.ts";
import { isOn } from "#app/domain/participants/removal.ts";
import { touchSignalSockets } from "#app/domain/participants/signal-sockets.ts";
import { listenForChanges } from "../change-listener.ts";
import { refuseUpgrade, takeUpgrades, type Upgrade } from "../upgrades.ts";
import { busy, createDoor, type Refused } from "./door.ts";
import { createGateHall, type Guest } from "./hall.ts";
import { joinSockets } from "./pipe.ts";
import { isGatePath, isValidatePath, withToken } from "./request.ts";
import { askUpstream, type UpstreamAnswer } from "./upstream.ts";
import { createGateWatch } from "./watch.ts";

/** A session has a socket a tab, and for a moment another one while it comes back. */
const mostSocketsOfSession = 20;
/** Everything is read again so often, for what was never announced, or lost on the way. */
const sweepMs = 30_000;
const touchMs = 5_000;
/**
 * A gate that nobody has come to for so long says nothing of who has no socket: the one in web lies idle where another
 * process stands at its addresses, and would speak for it while that is away.
 */
const idleMs = 5 * 60_000;
const mintSeconds = 30;

type Needs = Pick<Services, "config" | "db" | "livekit" | "log">;

/**
 * The signal gate: LiveKit's signalling on our own origin, `GET /rtc`, `/rtc/v1` (web sockets) and their `/validate`.
 * Each is let through when the session cookie's person owns the identity that the token names, the access decision says
 * yes now, and the device has its place, with a token that the gate mints itself; the socket is cut when that answer changes, or ends by its own time. A
 * client acts upon the status of `validate`: 401 and 403 end it, 429 and 503 have it come back while its picture goes on, and it
 * is never told 404 in words that are not LiveKit's. While the database is away nobody new is let in (503).
 */
export function createGate(services: Needs) {
  const { config, db, livekit, log } = services;
  const hall = createGateHall();
  const watch = createGateWatch(services, hall);
  const door = createDoor(services);
  const listener = listenForChanges({
    databaseUrl: config.databaseUrl,
    log,
    onNotice: (notice) => {
      if (notice.kind === "stream") watch.stream(notice.streamId);
      else if (notice.kind === "access") watch.access(notice.streamId);
      else if (notice.kind === "person") watch.person(notice.userId);
    },
    onListening: () => watch.everything(),
  });
  const sweep = setInterval(() => watch.everything(), sweepMs);
  let touching: Promise<void> | undefined;
  const touch = setInterval(() => {
    // One that hangs keeps a connection, and is enough.
    touching ??= writeDown()
      .catch((error: unknown) => log.warn({ err: error }, "signal sockets could not be written down"))
      .finally(() => void (touching = undefined));
  }, touchMs);
  let draining = false;
  let askedAt = -Infinity;

  async function writeDown() {
    const standing = [...hall.guests()].filter((guest) => guest.standing);
    if (standing.length === 0 && performance.now() - askedAt > idleMs) return;
    await touchSignalSockets(
      db,
      standing.map(({ identity }) => identity),
    );
    await touchPlaces(
      db,
      standing.flatMap(({ grantId, sessionId, streamId }) =>
        grantId ? [{ grantId, sessionId, streamId }] : [],
      ),
    );
  }

  async function check(request: IncomingMessage, url: URL, note?: (participant: Participant) => void) {
    askedAt = performance.now();
    return draining ? busy("busy") : door.check(request, url, note);
  }

  async function open({ request, socket, head, url }: Upgrade) {
    const gone = new AbortController();
    socket.once("close", () => gone.abort());
    let guest: Guest | undefined;
    const refuse = ({ status, text, waitSeconds }: Refused) => {
      if (guest) hall.leave(guest);
      refuseUpgrade(socket, status, { text, waitSeconds });
    };
    const checked = await check(request, url, (participant) => {
      guest = hall.enter(participant, () => socket.destroy()).guest;
    });
    if ("status" in checked || !guest) {
      return refuse("status" in checked ? checked : busy("unavailable"));
    }
    const mine = guest;
    try {
      if (hall.guestsOfSession(mine.sessionId) > mostSocketsOfSession)
        return refuse(door.no(429, "too_many", mine));
      const answer = await pass(request, url, checked.participant, { upgrade: true, signal: gone.signal });
      if (answer.kind === "refused") return refuse(answer);
      if (socket.destroyed) return void answer.socket.destroy();
      const sides = { client: socket, clientHead: head, upstream: answer.socket, upstreamHead: answer.head };
      const { cut } = joinSockets({ ...sides, response: answer.response }, () => hall.leave(mine));
      mine.cut = cut;
      mine.standing = true;
      mine.grantId = grantOf(checked.access);
      watch.entered(mine, checked.access);
    } catch (error) {
      if (gone.signal.aborted) return hall.leave(mine);
      log.warn({ err: error, streamId: mine.streamId }, "LiveKit could not be asked");
      refuse(busy("unavailable"));
    }
  }

  /** Passes a request on with a token of our own. A room that LiveKit has lost is made again, once, while the stream is on. */
  async function pass(
    request: IncomingMessage,
    url: URL,
    participant: Participant,
    { upgrade, signal }: { upgrade: boolean; signal: AbortSignal },
  ): Promise<UpstreamAnswer> {
    const { streamId } = participant;
    const token = await livekit.mintToken({ ...participant, seconds: mintSeconds });
    const ask = () =>
      askUpstream(config.livekit.url, withToken(url, token), { from: request, upgrade, signal });
    const answer = await ask();
    if (answer.kind === "open" || answer.status !== 404) return answer;
    if (!(await isOn(db, streamId))) return { kind: "refused", ...door.no(403, "not_live", participant) };
    await livekit.openRoom(streamId, { graceSeconds: config.hostGraceSeconds });
    log.warn({ streamId }, "LiveKit had lost the room: made again");
    const second = await ask();
    return second.kind === "refused" && second.status === 404
      ? { kind: "refused", status: 503, text: "unavailable" }
      : second;
  }

  /** Answers at the gate's addresses what is no wish for a web socket; false at any other address. */
  async function answer(request: Request, response: Response): Promise<boolean> {
    const url = new URL(request.originalUrl, "http://page");
    if (!isGatePath(url.pathname)) return false;
    response.set({ "Cache-Control": "no-store", "Content-Type": "text/plain" });
    if (request.method !== "GET" || !isValidatePath(url.pathname)) {
      response.set(request.method === "GET" ? { Upgrade: "websocket" } : { Allow: "GET" });
      response.status(request.method === "GET" ? 426 : 405).end();
      return true;
    }
    const refuse = ({ status, text, waitSeconds }: Refused) => {
      if (waitSeconds !== undefined) response.set("Retry-After", String(waitSeconds));
      response.status(status).send(text);
    };
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    const checked = await check(request, url);
    if ("status" in checked) {
      refuse(checked);
      return true;
    }
    try {
      const said = await pass(request, url, checked.participant, { upgrade: false, signal: gone.signal });
      if (said.kind === "refused") refuse(said);
      else said.socket.destroy();
    } catch (error) {
      if (!gone.signal.aborted) {
        log.warn({ err: error }, "LiveKit could not be asked");
        refuse(busy("unavailable"));
      }
    }
    return true;
  }

  return {
    answer,
    /** Takes the wishes for web sockets that `server` gets at the gate's addresses. */
    attach(server: Server): void {
      takeUpgrades(server, (upgrade) => {
        if (!isGatePath(upgrade.url.pathname) || isValidatePath(upgrade.url.pathname)) return false;
        void open(upgrade);
        return true;
      });
    },
    /** How many signal sockets stand here, for tests and measurements. */
    size: () => [...hall.guests()].filter(({ standing }) => standing).length,
    /** Lets nobody in any more and cuts all sockets: clients come back to another process, and their picture goes on. */
    async close() {
      draining = true;
      clearInterval(sweep);
      clearInterval(touch);
      for (const guest of [...hall.guests()]) guest.cut();
      await Promise.all([listener.close(), watch.close(), touching]);
    },
  };
}

export type Gate = ReturnType<typeof createGate>;
