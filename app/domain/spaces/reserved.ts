/** First words of our own addresses, by the design's table of routes. */
const routes = [
  "account",
  "explore",
  "sign-in",
  "sign-out",
  "invites",
  "unsubscribe",
  "feeds",
  "events",
  "rtc",
  "media",
  "webhooks",
  "api",
  "healthz",
  "readyz",
  "metrics",
  "passes",
];

/** What the server answers with files. */
const files = [
  "assets",
  "build",
  "public",
  "static",
  "favicon.ico",
  "favicon.svg",
  "frontrow.png",
  "robots.txt",
  "sitemap.xml",
];

/** Words under which people would expect to find us, not a space. */
const ours = [
  "about",
  "admin",
  "blog",
  "billing",
  "contact",
  "docs",
  "experiences",
  "frontrow",
  "help",
  "home",
  "imprint",
  "legal",
  "login",
  "logout",
  "mail",
  "new",
  "pricing",
  "privacy",
  "search",
  "security",
  "settings",
  "sign-up",
  "spaces",
  "status",
  "streams",
  "support",
  "terms",
  "www",
];

/** Words that no space can have as its address. */
export const reservedForSpaces: ReadonlySet<string> = new Set([...routes, ...files, ...ours]);

/** Words that no experience can have: routes use them behind a space's address. */
export const reservedForExperiences: ReadonlySet<string> = new Set([
  "passes",
  "streams",
  "experiences",
  "new",
]);

/** Whether a space may not be called this. The signal gate answers at every address that begins with "rtc". */
export const isReservedForSpaces = (slug: string) => reservedForSpaces.has(slug) || slug.startsWith("rtc");
