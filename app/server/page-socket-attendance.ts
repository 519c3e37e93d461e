import { grantOf } from "#app/domain/access/decision.ts";
import { showsPicture } from "#app/domain/devices/picture.ts";
import { touchPlaces, type Watching } from "#app/domain/devices/places.ts";
import {
  countAudiences,
  type Left,
  leavePresence,
  type Seen,
  touchPresence,
} from "#app/domain/presence/presence.ts";
import type { Services } from "#app/context.ts";
import { touchHostLeases } from "#app/domain/streams/lease.ts";
import { type Hall, type Seat, seatsOf } from "./page-socket-hall.ts";
import { sayBeat, sayViewers } from "./page-socket-messages.ts";

const tickMs = 1_000;
/** A page that is loaded again is back within this time, and was never away. */
const reloadMs = 3_000;
const watchPingSeconds = 5;
/** How long an answer to a ping may take: a host's silence counts after 5 s, a viewer's until the next ping. */
const patienceMs = 4_900;
/** So many are told of a new count in a second; in a larger audience they hear of it the less often. */
const toldEachSecond = 2_000;

export type Attendance = ReturnType<typeof createAttendance>;

/**
 * Who is there: pings every page, ends the sockets of those that do not answer, and writes once a second, in one
 * statement each, who answered, who left, which devices watch, and which hosts are at their desk. Then it counts, and tells whom the count
 * changed for.
 */
export function createAttendance({ db, log }: Pick<Services, "db" | "log">, hall: Hall) {
  const left = new Map<string, Left & { at: number; dueAt: number }>();
  let second = 0;
  let lastTick = performance.now();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let failing = false;
  let writing: Promise<void> = Promise.resolve();

  function tick() {
    second += 1;
    const now = performance.now();
    // Whoever answered while this process stood still has not been heard yet.
    const stoodStill = now - lastTick > 2 * tickMs;
    lastTick = now;
    for (const seat of [...hall.seats()]) {
      if (stoodStill && seat.pingedAt > seat.answeredAt) seat.pingedAt = now;
      ping(seat, now);
    }
  }

  /** Not at the ticks' pace, because the database may take longer than a second, or be away. */
  async function keepBook() {
    const now = performance.now();
    try {
      await Promise.all([touchHostLeases(db, hosts()), write(now)]);
      failing = false;
    } catch (error) {
      if (!failing) log.warn({ err: error }, "presence could not be written");
      failing = true;
    }
    if (!closed) next(Math.max(100, tickMs - (performance.now() - now)));
  }

  function next(ms: number) {
    timer = setTimeout(() => void (writing = keepBook()), ms);
  }

  function ping(seat: Seat, now: number) {
    const every = seat.page === "studio" ? 1 : watchPingSeconds;
    seat.heard = 0;
    const waiting = seat.pingedAt > seat.answeredAt;
    if (waiting && now - seat.pingedAt > patienceMs) return gone(seat);
    if ((second + seat.phase) % every !== 0) return;
    // The first ping without an answer is the one whose age counts.
    if (!waiting) seat.pingedAt = now;
    seat.socket.ping();
    if ((second + seat.phase) % (every * 2) === 0) sayBeat(seat);
  }

  function gone(seat: Seat) {
    leave(seat, { mayComeBack: false });
    seat.socket.terminate();
  }

  /** Notes that a page's socket is closed. `mayComeBack`: a closed page may only be loading again. */
  function leave(seat: Seat, { mayComeBack }: { mayComeBack: boolean }) {
    const { person, tab } = seat;
    const key = `${person.room.streamId} ${person.userId} ${tab}`;
    hall.leave(seat);
    if (seat.page !== "watch") return;
    const at = performance.now();
    const entry = { streamId: person.room.streamId, userId: person.userId, tab, agoMs: 0, at };
    left.set(key, { ...entry, dueAt: mayComeBack ? at + reloadMs : at });
  }

  function hosts() {
    const tabs: { streamId: string; sessionId: string; tab: string }[] = [];
    for (const { page, fresh, person, sessionId, tab } of hall.seats()) {
      if (page === "studio" && fresh && person.access?.mayHost)
        tabs.push({ streamId: person.room.streamId, sessionId, tab });
    }
    return tabs;
  }

  async function write(now: number) {
    const seen: Seen[] = [];
    const watching: Watching[] = [];
    for (const seat of hall.seats()) {
      const { person } = seat;
      if (!seat.fresh || !person.access?.mayWatch) continue;
      seat.fresh = false;
      const audience = person.access.role === "viewer";
      const shows = showsPicture({ status: person.access.status, replay: person.room.replay });
      const grantId = shows ? grantOf(person.access) : null;
      const agoMs = now - seat.answeredAt;
      // A page whose picture stands still is watched all the same. One that has no picture has no place to keep.
      if (grantId && seat.page === "watch")
        watching.push({ grantId, sessionId: seat.sessionId, streamId: person.room.streamId });
      // A studio is no seat in the house, but its tab may watch, too.
      if (seat.page === "watch")
        seen.push({ streamId: person.room.streamId, userId: person.userId, tab: seat.tab, audience, agoMs });
    }
    const due = [...left].filter(([, { dueAt }]) => dueAt <= now);
    for (const [key] of due) left.delete(key);
    await Promise.all([touchPresence(db, seen), touchPlaces(db, watching)]);
    await leavePresence(
      db,
      due.map(([, { at, ...entry }]) => ({ ...entry, agoMs: performance.now() - at })),
    );
    await tellCounts();
  }

  async function tellCounts() {
    const audiences = await countAudiences(db, [...hall.rooms.keys()]);
    for (const [streamId, audience] of audiences) {
      const room = hall.rooms.get(streamId);
      if (!room) continue;
      const now = performance.now();
      const turn = now - room.countedAt >= (room.people.size / toldEachSecond) * 1_000;
      if (turn) room.countedAt = now;
      for (const seat of seatsOf(room)) {
        if (!turn && seat.page === "watch") continue;
        if (seat.sent !== "" && seat.person.access?.mayWatch) sayViewers(seat, audience);
      }
    }
  }

  const ticking = setInterval(tick, tickMs);
  next(tickMs);
  return {
    leave,
    /** The page's browser answered a ping. */
    answered(seat: Seat) {
      seat.answeredAt = performance.now();
      seat.fresh = true;
    },
    async close() {
      closed = true;
      clearInterval(ticking);
      clearTimeout(timer);
      await writing;
    },
  };
}
