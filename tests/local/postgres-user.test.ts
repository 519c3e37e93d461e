import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { dataFolder, removeData, serverUser } from "#local/parts/postgres-user.ts";

const isRoot = process.getuid?.() === 0;

/** A folder that its owner alone can enter. Those of temporary folders are opened, so it is none. */
function privateFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.homedir(), ".frontrow-test-"));
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }));
  const dir = path.join(folder, ".local");
  fs.mkdirSync(dir);
  return dir;
}

describe.runIf(isRoot)("The data of root's checkout in a private folder", () => {
  test("lies where the server's user can enter, also once the checkout was moved, until it is removed", () => {
    const user = serverUser();
    const dir = privateFolder();
    const data = dataFolder(dir, user);
    onTestFinished(() => fs.rmSync(path.dirname(data), { recursive: true, force: true }));
    expect(data.startsWith(os.homedir())).toBe(false);
    fs.mkdirSync(data, { recursive: true });
    fs.writeFileSync(path.join(data, "PG_VERSION"), "18");

    const moved = `${dir}-moved`;
    fs.renameSync(dir, moved);
    expect(dataFolder(moved, user)).toBe(data);
    removeData(moved);
    expect(fs.existsSync(data)).toBe(false);
    expect(fs.readdirSync(moved)).toEqual([]);
  });

  test("is not thrown away where its user cannot get there any more", () => {
    const dir = privateFolder();
    const file = path.join(dir, "postgres", "PG_VERSION");
    fs.mkdirSync(path.dirname(file));
    fs.writeFileSync(file, "18");
    expect(() => dataFolder(dir, serverUser())).toThrow(/who cannot get there any more: let everybody pass/);
    expect(fs.readFileSync(file, "utf8")).toBe("18");
  });
});
