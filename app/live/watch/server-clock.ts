/** The server's clock as it was told (`at`, ISO), and when that was heard, by the browser's `performance.now()`. */
export type ServerClock = { at: string; heardMs: number };

/** What the server's clock says now, in ms, whatever that of this machine says. */
export const serverNow = ({ at, heardMs }: ServerClock, nowMs = performance.now()): number =>
  Date.parse(at) + nowMs - heardMs;

/** So far apart what is told on the way may be; a page that slept is further off. */
const slackMs = 750;

/** Whether a clock says something else than what was told after it. */
export const isWrong = (known: ServerClock, told: ServerClock): boolean =>
  Math.abs(serverNow(known, told.heardMs) - Date.parse(told.at)) > slackMs;

/** Of what a page was loaded with and what its socket has told since (null: nothing), the later one. */
export const laterClock = (loaded: ServerClock, told: ServerClock | null): ServerClock =>
  told && Date.parse(told.at) >= Date.parse(loaded.at) ? told : loaded;
