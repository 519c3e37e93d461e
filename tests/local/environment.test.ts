import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseEnv } from "node:util";
import express from "express";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { readConfig } from "#app/config.ts";
import {
  childEnvironment,
  editionEnvironment,
  givenIn,
  replacedParts,
  variableNames,
  writeEnvironmentFile,
} from "#local/environment.ts";
import type { Ports } from "#local/ports.ts";
import { root } from "#local/root.ts";
import { loadSecrets } from "#local/secrets.ts";

const ports: Ports = {
  web: 3000,
  postgres: 20001,
  storage: 20002,
  livekit: 20003,
  livekitTcp: 20004,
  livekitUdp: 20005,
  smtp: 20006,
  mailWeb: 20007,
  recorder: 20008,
  chat: 20009,
};
const ownLiveKit = {
  LIVEKIT_URL: "wss://livekit.example",
  LIVEKIT_API_KEY: "key",
  LIVEKIT_API_SECRET: "secret-of-the-first-pair",
  LIVEKIT_WEBHOOK_KEY: "hooks",
  LIVEKIT_WEBHOOK_SECRET: "secret-of-the-second-pair",
};

let dir: string;
const environment = (given = {}) => editionEnvironment({ given, ports, secrets: loadSecrets(dir) });

beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), "frontrow-environment-"));
  onTestFinished(() => fs.rmSync(dir, { recursive: true, force: true }));
});

describe("The names of the environment", () => {
  test("are the same in the example, in the edition and in the product's own check", () => {
    const example = fs.readFileSync(path.join(root, ".env.example"), "utf8");
    const checked = fs.readFileSync(path.join(root, "app/environment.ts"), "utf8");
    expect([...example.matchAll(/^([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name).sort()).toEqual(
      [...variableNames].sort(),
    );
    expect([...checked.matchAll(/^ {2}([A-Z][A-Z0-9_]*): /gm)].map(([, name]) => name).sort()).toEqual(
      [...variableNames].sort(),
    );
  });

  test("each have a comment in the example", () => {
    const blocks = fs.readFileSync(path.join(root, ".env.example"), "utf8").split("\n\n").slice(1);
    for (const block of blocks) expect(block).toMatch(/^#/);
  });
});

describe("The edition's environment", () => {
  test("is one that the product starts with", () => {
    expect(readConfig(environment())).toMatchObject({ ok: true, config: { port: 3000, host: "127.0.0.1" } });
  });

  test.each(["my-proxy", "10.0.0.0/33", "10.0.0.0/0", "10.0.0.1/", "::1/129", "10.0.0.1, proxy.example"])(
    "is refused with a proxy that is no address (%s)",
    (proxies) => {
      expect(readConfig({ ...environment(), TRUSTED_PROXIES: proxies, PUBLIC_URL: "nowhere" })).toEqual({
        ok: false,
        problems: [
          expect.stringMatching(/^PUBLIC_URL must be a URL/),
          "TRUSTED_PROXIES must be addresses or networks, comma-separated, such as 10.0.0.0/8",
        ],
      });
    },
  );

  const one = "a-secret-for-everything";
  test.each([
    [{ LIVEKIT_WEBHOOK_KEY: "devkey", LIVEKIT_API_KEY: "devkey" }, "LIVEKIT_WEBHOOK_KEY", "LIVEKIT_API_KEY"],
    [
      { LIVEKIT_WEBHOOK_SECRET: one, LIVEKIT_API_SECRET: one },
      "LIVEKIT_WEBHOOK_SECRET",
      "LIVEKIT_API_SECRET",
    ],
    [{ SESSION_SECRET: one, LIVEKIT_API_SECRET: one }, "SESSION_SECRET", "LIVEKIT_API_SECRET"],
    // Also one of two while it is rotated.
    [
      { SESSION_SECRET: `the-new-one-of-two, ${one}`, STREAM_API_SECRET: one },
      "SESSION_SECRET",
      "STREAM_API_SECRET",
    ],
    [{ STREAM_API_SECRET: one, LIVEKIT_WEBHOOK_SECRET: one }, "STREAM_API_SECRET", "LIVEKIT_WEBHOOK_SECRET"],
  ])("is refused when one key serves two purposes (%j)", (given, name, other) => {
    const problem = `${name} must be another one than ${other}`;
    expect(readConfig({ ...environment(), ...given })).toEqual({ ok: false, problems: [problem] });
    // Beside what else is wrong.
    const more = readConfig({ ...environment(), ...given, SMTP_URL: "" });
    expect(more).toEqual({ ok: false, problems: [problem, "SMTP_URL is missing"].sort() });
  });

  test("is refused with a ceiling of the room that nobody could keep", () => {
    const direct = { LIVEKIT_PUBLIC_URL: "https://livekit.example" };
    expect(readConfig({ ...environment(), ...direct, ROOM_CEILING: "1000" })).toEqual({
      ok: false,
      problems: ["ROOM_CEILING cannot be kept beside LIVEKIT_PUBLIC_URL: set one of them"],
    });
    expect(readConfig({ ...environment(), ...direct })).toMatchObject({ ok: true });
    expect(readConfig({ ...environment(), ROOM_CEILING: "0" })).toMatchObject({ ok: true });
  });

  test("has all of the store beside or nothing of it, and another one than the first", () => {
    const own = environment({});
    const store = {
      RECORDING_S3_ENDPOINT: "https://beside.example",
      RECORDING_S3_REGION: "eu",
      RECORDING_S3_BUCKET: "recorded",
      RECORDING_S3_ACCESS_KEY_ID: "key",
      RECORDING_S3_SECRET_ACCESS_KEY: "secret",
    };
    const none = readConfig(own);
    expect(none.ok && none.config.recordingStorage).toBe(null);
    const whole = readConfig({ ...own, ...store });
    expect(whole.ok && whole.config.recordingStorage).toEqual({
      endpoint: "https://beside.example",
      region: "eu",
      bucket: "recorded",
      accessKeyId: "key",
      secretAccessKey: "secret",
    });
    for (const name of Object.keys(store))
      for (const half of [{ ...store, [name]: "" }, { [name]: store[name as keyof typeof store] }]) {
        const result = readConfig({ ...own, ...half });
        if (result.ok) throw new Error(`${name} alone was taken`);
        const missing = Object.keys(store).filter((each) => !half[each as keyof typeof half]);
        expect(result.problems).toEqual(
          missing.map((each) => `${each} is missing: all of RECORDING_S3_* are set, or none`).sort(),
        );
        expect(result.problems.join()).not.toMatch(/secret$/);
      }
    expect(readConfig({ ...own, ...store, RECORDING_S3_ENDPOINT: "beside.example" })).toMatchObject({
      problems: ["RECORDING_S3_ENDPOINT must be a URL that begins with http:// or https://"],
    });
    const same = { RECORDING_S3_ENDPOINT: `${own.S3_ENDPOINT}/`, RECORDING_S3_BUCKET: own.S3_BUCKET };
    expect(readConfig({ ...own, ...store, ...same })).toEqual({
      ok: false,
      problems: ["RECORDING_S3_BUCKET must be another bucket than S3_BUCKET, or elsewhere"],
    });
  });

  test("takes two of each of LiveKit's pairs while they are rotated, as many names as secrets", () => {
    const given = {
      ...environment(),
      ...{
        LIVEKIT_API_KEY: "new,old",
        LIVEKIT_API_SECRET: "the-newer-secret-of-two,the-older-secret-of-two",
      },
    };
    expect(readConfig(given)).toMatchObject({ ok: true, config: { livekit: { apiKey: "new,old" } } });
    const unequal = { ...given, LIVEKIT_API_KEY: "new" };
    expect(readConfig(unequal)).toEqual({
      ok: false,
      problems: ["LIVEKIT_API_SECRET must have as many keys as LIVEKIT_API_KEY"],
    });
    const short = { ...given, LIVEKIT_API_SECRET: "the-newer-secret-of-two,short" };
    expect(readConfig(short)).toEqual({
      ok: false,
      problems: ["LIVEKIT_API_SECRET must be at least 16 characters long"],
    });
  });

  test.each(["", "loopback", "10.0.0.1, 192.168.0.0/16", "::1,fd00::/8"])(
    "is taken with proxies (%s) that express takes, too",
    (proxies) => {
      const read = readConfig({ ...environment(), TRUSTED_PROXIES: proxies });
      if (!read.ok) throw new Error(read.problems.join());
      expect(() => express().set("trust proxy", read.config.trustedProxies)).not.toThrow();
    },
  );

  test("names this machine alone", () => {
    for (const value of Object.values(environment())) {
      if (value.includes("://")) expect(new URL(value).hostname).toBe("127.0.0.1");
    }
  });

  test("keeps its secrets over starts, and has none in common with another folder", () => {
    const other = fs.mkdtempSync(path.join(os.tmpdir(), "frontrow-environment-"));
    onTestFinished(() => fs.rmSync(other, { recursive: true, force: true }));
    expect(loadSecrets(dir)).toEqual(loadSecrets(dir));
    const secrets = [...Object.values(loadSecrets(dir)), ...Object.values(loadSecrets(other))];
    expect(new Set(secrets).size).toBe(secrets.length);
    expect(fs.statSync(path.join(dir, "secrets.json")).mode & 0o777).toBe(0o600);
  });

  test("stands in a file that only its owner reads, as a shell and Node read it", () => {
    const env = environment({ MAIL_FROM: "Frontrow & friends <hello@frontrow.example>" });
    fs.writeFileSync(path.join(dir, "env"), "open to all", { mode: 0o644 });
    const file = writeEnvironmentFile(dir, env);
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
    expect(parseEnv(fs.readFileSync(file, "utf8"))).toEqual(env);
    expect(Object.keys(env)).toEqual([...variableNames, "MAIL_WEB_URL"]);
  });

  test("reaches a part without what the caller's shell says about the product", () => {
    process.env.MEDIA_REDIRECT = "1";
    onTestFinished(() => void delete process.env.MEDIA_REDIRECT);
    expect(childEnvironment(environment()).MEDIA_REDIRECT).toBe("0");
  });
});

describe("A part is replaced by the environment alone", () => {
  test.each([
    ["nothing", {}, []],
    ["an empty value", { DATABASE_URL: "" }, []],
    ["DATABASE_URL", { DATABASE_URL: "postgres://db.example/frontrow" }, ["postgres"]],
    [
      "S3_ENDPOINT",
      { S3_ENDPOINT: "https://s3.example", S3_BUCKET: "b", S3_ACCESS_KEY_ID: "k", S3_SECRET_ACCESS_KEY: "s" },
      ["storage"],
    ],
    ["SMTP_URL", { SMTP_URL: "smtp://mail.example" }, ["mail"]],
    ["LIVEKIT_URL", ownLiveKit, ["livekit-server", "recorder"]],
    ["LIVEKIT_EGRESS_URL", { LIVEKIT_EGRESS_URL: "http://egress.example" }, ["recorder"]],
  ])("%s", (_, given, parts) => {
    expect([...replacedParts(givenIn(given))]).toEqual(parts);
  });

  test("and what is given is what runs", () => {
    const env = environment({ ...ownLiveKit, DATABASE_URL: "postgres://db.example/frontrow" });
    expect(env).toMatchObject({ ...ownLiveKit, DATABASE_URL: "postgres://db.example/frontrow" });
    expect(env.LIVEKIT_EGRESS_URL).toBe("wss://livekit.example");
    expect(env.EGRESS_METRICS_URL).toBe("");
  });

  test("but never by half: what is missing beside it is named", () => {
    expect(() => replacedParts({ S3_ENDPOINT: "https://s3.example", S3_BUCKET: "b" })).toThrow(
      "S3_ENDPOINT is set, so these must be set too: S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY.",
    );
    expect(() => replacedParts({ LIVEKIT_URL: "wss://livekit.example" })).toThrow("LIVEKIT_WEBHOOK_SECRET");
  });

  test("while HOST stays on this machine", () => {
    expect(environment({ HOST: "0.0.0.0" }).HOST).toBe("127.0.0.1");
  });
});
