/**
 * What crawlers are asked to leave alone: what needs a person who is signed in, what somebody got the address of for
 * themselves, and what machines say to each other. None of it is kept secret by this; each of them asks who is there.
 */
const words = ["account", "sign-in", "sign-out", "events", "healthz", "readyz", "metrics"];
const folders = ["invites", "mail", "feeds", "media", "webhooks", "rtc", "api/v1"];

/** `robots.txt` (RFC 9309). `publicUrl` has no slash at its end. */
export function writeRobots(publicUrl: string): string {
  return [
    "User-agent: *",
    // Not by their first letters alone: a space may be called "accountants".
    ...words.flatMap((word) => [`Disallow: /${word}$`, `Disallow: /${word}?`, `Disallow: /${word}/`]),
    ...folders.map((folder) => `Disallow: /${folder}/`),
    "Disallow: /*/streams/*/chat",
    // What scripts load of a page, all of it or some of its routes, where the page itself is what is to be found.
    "Disallow: /*.data$",
    "Disallow: /*.data?",
    "",
    `Sitemap: ${publicUrl}/sitemap.xml`,
    "",
  ].join("\n");
}
