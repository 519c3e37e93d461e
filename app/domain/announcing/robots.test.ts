import { readdirSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { writeRobots } from "./robots.ts";

const routes = readdirSync(path.resolve(import.meta.dirname, "../../routes"));
const rules = writeRobots("https://frontrow.example")
  .split("\n")
  .flatMap((line) => /^Disallow: (.+)$/.exec(line)?.[1] ?? [])
  .map(
    (rule) =>
      new RegExp(
        `^${rule
          .replaceAll(/[.?+()[\]{}|\\^]/g, "\\$&")
          .replaceAll("*", ".*")
          .replace(/(.)\$$/, "$1$")}`,
      ),
  );
const isAllowed = (address: string) => !rules.some((rule) => rule.test(address));

test("crawlers are asked to leave alone what needs somebody who is signed in, and what is for machines", () => {
  for (const address of [
    ...["/account", "/account/streams", "/account?x", "/sign-in?to=%2F", "/sign-out", "/invites/abc"],
    ...["/mail/unsubscribe/all/abc", "/feeds/abc.ics", "/media/a/b/index.m3u8", "/rtc/v1", "/webhooks/mail"],
    ...["/api/v1/grants", "/healthz", "/northlight/evenings/streams/one/chat", "/northlight.data"],
    ...["/_root.data", "/northlight.data?_routes=routes%2F%24space._index", "/explore.data?page=2"],
    "/northlight/evenings/streams/one.data?_routes=root",
  ])
    expect([address, isAllowed(address)]).toEqual([address, false]);
});

test("what everybody can see may be found, also a space whose name begins like an address of ours", () => {
  for (const address of [
    ...[
      "/",
      "/explore",
      "/explore?page=2",
      "/api",
      "/@mara",
      "/accountants",
      "/events-in-berlin",
      "/mediation",
    ],
    ...["/northlight.database", "/data", "/northlight?from=data"],
    ...["/northlight", "/northlight/feed.atom", "/northlight/passes/season", "/northlight/evenings"],
    ...[
      "/northlight/evenings/streams/one",
      "/northlight/evenings/streams/one/picture.png?v=2",
      "/sitemap.xml",
    ],
  ])
    expect([address, isAllowed(address)]).toEqual([address, true]);
});

test("every page below /account is left alone", () => {
  const own = routes.filter((name) => name.startsWith("account."));
  expect(own.length).toBeGreaterThan(50);
  for (const name of own) expect(isAllowed(`/${name.replaceAll(".", "/")}`)).toBe(false);
});

test("the sitemap is named by its whole address", () => {
  expect(writeRobots("https://frontrow.example")).toContain(
    "\nSitemap: https://frontrow.example/sitemap.xml\n",
  );
});
