import { standInEvent } from "#app/components/missing-scripts.ts";
import { firstPicture } from "./first-picture.ts";
import { askForTicket, readTicket } from "./ticket.ts";
import type { ViewerRoom } from "./viewer-room.client.ts";

/**
 * LiveKit's client is larger than the rest of the page, so it comes only where there is a live picture. Joining needs
 * nothing else, and begins before React has been read.
 */
const loadRoom = () => import("./viewer-room.client.ts");
const loadPicture = () => import("./live-picture.client.tsx");
export type Picture = Awaited<ReturnType<typeof loadPicture>>;
type Warm = { path: string; picture: Promise<Picture>; room: Promise<ViewerRoom>; leave(): void };

/** The page's own scripts have come by then, or it stands without them. Who has not taken it shows something else. */
const patienceMs = 120_000;

let warm: Warm | undefined;

/** Fetches the player's code, for a page that will soon need it. */
export async function fetchPicture(): Promise<void> {
  await Promise.all([loadRoom(), loadPicture()]);
}

/** Fetches code and ticket at the same time, and joins. */
function enter(path: string, module = loadRoom(), early?: Promise<Response>): Warm {
  const ticket = early ? early.then(readTicket) : askForTicket(path);
  // Whoever joins reads it; until then nobody does.
  ticket.catch(() => {});
  const room = module.then(({ joinRoom }) => joinRoom(path, ticket));
  const picture = loadPicture();
  picture.catch(() => {});
  const leave = () =>
    void room.then(
      (joined) => joined.leave(),
      () => {},
    );
  return { path, picture, room, leave };
}

/** What was begun for this page before it came to life, or a beginning now. Whoever takes it leaves the room in the end. */
export function takeRoom(path: string): Warm {
  const begun = warm?.path === path ? warm : undefined;
  if (begun) warm = undefined;
  else if (warm) dropRoom(warm.path);
  return begun ?? enter(path);
}

/** Leaves what was begun for the page at `path` and was not taken, if anything was. */
export function dropRoom(path: string): void {
  if (warm?.path !== path) return;
  warm.leave();
  warm = undefined;
}

/**
 * Called by a live page's first lines, long before React has looked at it: by then the first frame is on its way.
 * Resolves when that is seen, or when nothing comes.
 */
export async function begin(
  path: string,
  module: ReturnType<typeof loadRoom>,
  ticket?: Promise<Response>,
): Promise<void> {
  // The page may be another one by now, without having been loaded anew, or stand without scripts.
  if (location.pathname !== path || document.documentElement.dataset.scripts) return;
  const mine = enter(path, module, ticket);
  warm = mine;
  mine.room.catch(() => {});
  const isSeen = () => document.querySelector(`.${firstPicture}[data-seen]`) !== null;
  const dropUnseen = () => {
    if (warm === mine && !isSeen()) dropRoom(path);
  };
  const keepWhileSeen = () => {
    dropUnseen();
    void mine.room.then(
      (room) => room.subscribe(dropUnseen),
      () => {},
    );
  };
  setTimeout(keepWhileSeen, patienceMs);
  document.addEventListener(standInEvent, () => {
    // There the browser itself plays what was asked for, with its sound.
    if (warm === mine && new URLSearchParams(location.search).has("so-far")) dropRoom(path);
    // The picture that is seen goes on, which a video of the browser's would have to be asked to.
    keepWhileSeen();
  });
  await mine.room.then(
    (room) => room.pictured,
    () => {},
  );
}
