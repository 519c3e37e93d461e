import { standInEvent } from "#app/components/missing-scripts.ts";
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

/** Nobody took it: the page's own scripts do not come. For so long the picture is there without them. */
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
  const drop = () => {
    if (warm === mine) dropRoom(path);
  };
  setTimeout(drop, patienceMs);
  // Then the picture is played by the browser itself, with its sound.
  document.addEventListener(standInEvent, drop);
  await mine.room.then(
    (room) => room.pictured,
    () => {},
  );
}
