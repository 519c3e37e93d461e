import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { catalog } from "#app/jobs/catalog.ts";
import { livekitServer } from "#local/programs.mjs";
import { root } from "#local/root.ts";

const read = (file: string) => readFileSync(path.join(root, file), "utf8");

/** Each file of the servers that speaks to another machine, and the README's word for whom it speaks to. */
const speakers: Record<string, string> = {
  "app/jobs/queue.ts": "Postgres",
  "app/server/change-listener.ts": "Postgres",
  "app/server/gate/upstream.ts": "LiveKit",
  "app/services/chat.ts": "Chat",
  "app/services/egress.ts": "Egress",
  "app/services/livekit-webhooks.ts": "LiveKit",
  "app/services/livekit.ts": "LiveKit",
  "app/services/mail.ts": "Mail",
  "app/services/outgoing-http.ts": "Webhooks",
  "app/services/storage-uploads.ts": "Object storage",
  "app/services/storage.ts": "Object storage",
  "db/client.ts": "Postgres",
  "db/migrate.ts": "Postgres",
};

/** What opens connections: packages for it, and Node's own ways. What servers and types are made of is left out. */
const outward = [
  /^import (?!type\b)[^;]*from "(pg|pg-boss|nodemailer|livekit-server-sdk|stream-chat|axios|undici|@aws-sdk\/[^"]+)";/m,
  /^import (?!type\b)(\w+ from|\* as|[^;]*\b(request|get)\b)[^;]*"node:https?";/m,
  /^import (?!type\b)(\w+ from|\* as|[^;]*\b(connect|createConnection|Socket)\b)[^;]*"node:(net|tls)";/m,
  /^import (?!type\b)[^;]*"node:(http2|dgram)";/m,
  /(?<![.\w])fetch\(/,
  /\bnew (WebSocket|EventSource)\(/,
];
const isOutward = (source: string) => outward.some((way) => way.test(source));

/** The rows of the README's table that begins with this word. */
function rowsBehind(word: string): string[][] {
  const [, behind = ""] = read("README.md").split(`**${word}**`);
  const [, table = ""] = /\n\n((?:\|.*\n)+)/.exec(behind) ?? [];
  const lines = table.trim().split("\n").slice(2);
  return lines.map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe("who speaks to other machines", () => {
  test.each([
    'import pg from "pg";',
    'import { request as ask } from "node:https";',
    'import http from "node:http";',
    'import { connect, type Socket } from "node:net";',
    "const answer = await fetch(url);",
    "const socket = new WebSocket(url);",
  ])("is seen by what it says: %s", (source) => {
    expect(isOutward(`import { a } from "./a.ts";\n${source}\n`)).toBe(true);
  });

  test.each([
    'import type pg from "pg";',
    'import { createServer, type Server } from "node:http";',
    'import { isIP } from "node:net";',
    "return web.fetch(url);",
  ])("is nobody who says: %s", (source) => {
    expect(isOutward(`${source}\n`)).toBe(false);
  });

  test("is each of these files of the servers, and no other (ASVS 13.2.4, 13.2.5)", () => {
    const files = globSync("{app,worker,db}/**/*.{ts,tsx}", { cwd: root }).filter(
      // What runs in a browser speaks to what the page's policy allows.
      (file) => !/^app\/live\/|\.test\.tsx?$/.test(file),
    );
    expect(files.length).toBeGreaterThan(400);
    expect(files.filter((file) => isOutward(read(file))).sort()).toEqual(Object.keys(speakers).sort());
  });

  test("has in the README how many connections, how long, and what then (ASVS 13.1.2)", () => {
    const rows = rowsBehind("Connections.");
    expect(rows.map(([to]) => to).sort()).toEqual([...new Set(Object.values(speakers))].sort());
    for (const row of rows)
      expect(
        row.filter((cell) => cell.length > 0),
        row[0],
      ).toHaveLength(4);
  });
});

test("what may take longer than a minute is a job that the README names (ASVS 15.1.3)", () => {
  const long = Object.entries(catalog).filter(([, { expireInSeconds }]) => expireInSeconds > 60);
  const told = rowsBehind("What takes long").map(([job]) => job?.replaceAll("`", ""));
  expect(long.length).toBeGreaterThan(0);
  expect(told.sort()).toEqual(long.map(([name]) => name).sort());
});

test("LiveKit's relay is a version that enters no private network by itself, and is never told to (ASVS 17.1.1)", () => {
  const [major = 0, minor = 0] = livekitServer.version.split(".").map(Number);
  expect(major * 1000 + minor).toBeGreaterThanOrEqual(1013);
  expect(read("README.md")).toContain("`livekit-server` (1.13 or newer");
  for (const file of ["README.md", "local/parts/livekit-server.ts"]) {
    expect(read(file), file).toContain("auto_create: false");
    expect(read(file), file).not.toMatch(/allow_restricted_peer_cidrs|turn_servers/);
  }
});
