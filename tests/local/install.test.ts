import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { notePatches, whyInstall } from "#local/install.mjs";

let root: string;
let time = 0;

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), "frontrow-install-"));
  onTestFinished(() => fs.rmSync(root, { recursive: true, force: true }));
  time = Math.floor(Date.now() / 1000) - 1_000;
  fs.mkdirSync(path.join(root, "node_modules"));
  patch("one line");
  notePatches(root);
});

function patch(text: string) {
  fs.mkdirSync(path.join(root, "local/patches"), { recursive: true });
  fs.writeFileSync(path.join(root, "local/patches/one+1.0.0.patch"), text);
}

/** Writes the file as if later than all before it. */
function write(name: string, packages: Record<string, object>) {
  const file = path.join(root, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, JSON.stringify({ packages }));
  time += 10;
  fs.utimesSync(file, time, time);
}
const lockfile = (packages: Record<string, object>) =>
  write("package-lock.json", { "": { name: "it" }, ...packages });
const installed = (packages: Record<string, object>) => write("node_modules/.package-lock.json", packages);

const one = { "node_modules/one": { version: "1.0.0" } };

describe("Packages are installed", () => {
  test("when there are none", () => {
    lockfile(one);
    fs.rmSync(path.join(root, "node_modules"), { recursive: true });
    expect(whyInstall(root)).toBe("there are none yet");
  });

  test("when the last install was cut short", () => {
    lockfile(one);
    fs.mkdirSync(path.join(root, "node_modules/one"), { recursive: true });
    expect(whyInstall(root)).toBe("the last install was not finished");
  });

  test("when the lockfile is newer and wants another version", () => {
    installed(one);
    lockfile({ "node_modules/one": { version: "1.0.1" } });
    expect(whyInstall(root)).toBe("package-lock.json is newer");
  });

  test("when the lockfile is newer and wants one more, or one less", () => {
    installed(one);
    lockfile({ ...one, "node_modules/two": { version: "1.0.0" } });
    expect(whyInstall(root)).toBe("package-lock.json is newer");
    installed({ ...one, "node_modules/two": { version: "1.0.0" } });
    lockfile(one);
    expect(whyInstall(root)).toBe("package-lock.json is newer");
  });

  test("when they have other patches than ours, or nobody noted which", () => {
    lockfile(one);
    installed(one);
    patch("another line");
    expect(whyInstall(root)).toBe("local/patches says something else");
    notePatches(root);
    expect(whyInstall(root)).toBeUndefined();
    fs.rmSync(path.join(root, "node_modules/.patches.json"));
    expect(whyInstall(root)).toBe("local/patches says something else");
  });

  test("when a newer lockfile cannot be read", () => {
    installed(one);
    lockfile(one);
    fs.writeFileSync(path.join(root, "package-lock.json"), "<<<<<<< HEAD");
    expect(whyInstall(root)).toBe("package-lock.json is newer");
  });
});

describe("Packages are left alone", () => {
  test("when they are newer than the lockfile", () => {
    lockfile(one);
    installed(one);
    expect(whyInstall(root)).toBeUndefined();
  });

  test("when the lockfile was only touched, as by a checkout", () => {
    installed(one);
    lockfile({ ...one, "node_modules/for-macs": { version: "1.0.0", optional: true } });
    expect(whyInstall(root)).toBeUndefined();
  });
});
