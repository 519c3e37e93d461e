import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

export type ServerUser = { uid: number; gid: number };

/** Where Postgres keeps things whose usual place its user cannot enter. */
const elsewhere = "/var/lib/frontrow";

/** Postgres refuses to run as root; then it runs as the user `postgres`, who is created where needed. */
export function serverUser(): ServerUser | undefined {
  if (os.userInfo().uid !== 0) return undefined;
  const id = (flag: string) => {
    const { status, stdout } = spawnSync("id", [flag, "postgres"], { encoding: "utf8" });
    return status === 0 ? Number(stdout) : undefined;
  };
  if (id("-u") === undefined) {
    try {
      spawnSync("groupadd", ["--system", "postgres"], { stdio: "ignore" });
      const options = ["--system", "--gid", "postgres", "--no-create-home", "postgres"];
      execFileSync("useradd", options, { stdio: "pipe" });
    } catch (error) {
      const why = "Postgres cannot run as root, and its user could not be created: run this as another user.";
      throw new Error(why, { cause: error });
    }
  }
  return { uid: id("-u")!, gid: id("-g")! };
}

/**
 * Where the data of this edition is. Usually `postgres/` in its folder; where root's checkout lies in a private folder,
 * such as /root, that is a link to a folder which the server's user can enter; the link stays when the checkout is moved.
 * Throws where there is data already that the server's user cannot reach any more.
 */
export function dataFolder(dir: string, user: ServerUser | undefined): string {
  const usual = path.join(dir, "postgres");
  if (!user) return usual;
  openWay(dir);
  if (canEnter(user, dir)) return usual;
  const isLink = fs.lstatSync(usual, { throwIfNoEntry: false })?.isSymbolicLink();
  if (!isLink && fs.existsSync(path.join(usual, "PG_VERSION")))
    throw new Error(
      `The data in ${usual} is for the user postgres, who cannot get there any more: let everybody pass through the ` +
        "folders above it (chmod o+x), or move the checkout to where that is so.",
    );
  const name = createHash("sha256").update(fs.realpathSync(dir)).digest("hex").slice(0, 16);
  const target = isLink ? fs.readlinkSync(usual) : path.join(elsewhere, `data-${name}`, "postgres");
  fs.mkdirSync(path.dirname(target), { recursive: true });
  if (!isLink) {
    fs.rmSync(usual, { force: true, recursive: true });
    fs.symlinkSync(target, usual);
  }
  return target;
}

/** Deletes the data, also where it is only linked to. */
export function removeData(dir: string): void {
  const usual = path.join(dir, "postgres");
  const link = fs.lstatSync(usual, { throwIfNoEntry: false })?.isSymbolicLink();
  if (link) fs.rmSync(path.dirname(fs.readlinkSync(usual)), { recursive: true, force: true });
  fs.rmSync(usual, { recursive: true, force: true });
  fs.rmSync(`${usual}.new`, { recursive: true, force: true });
}

/** The folder of Postgres's own programs, copied to where its user can run them if it cannot where they are. */
export function reachablePrograms(native: string, version: string, user: ServerUser | undefined): string {
  if (!user) return native;
  openWay(native);
  if (canEnter(user, native)) return native;
  const copy = path.join(elsewhere, `postgres-${version}`);
  if (!fs.existsSync(copy)) {
    const draft = `${copy}.${process.pid}`;
    fs.cpSync(native, draft, { recursive: true, verbatimSymlinks: true });
    try {
      fs.renameSync(draft, copy);
    } catch {
      // Another start was faster.
      fs.rmSync(draft, { recursive: true, force: true });
    }
  }
  return copy;
}

/** Temporary folders are made for their owner alone; the server's user must be able to pass through. */
function openWay(dir: string) {
  const temporary = fs.realpathSync(os.tmpdir());
  for (
    let folder = fs.realpathSync(dir);
    folder.startsWith(`${temporary}${path.sep}`);
    folder = path.dirname(folder)
  ) {
    const { mode } = fs.statSync(folder);
    if (!(mode & 0o001)) fs.chmodSync(folder, mode | 0o011);
  }
}

function canEnter(user: ServerUser, folder: string): boolean {
  return spawnSync("/bin/sh", ["-c", 'cd "$0"', folder], { ...user, cwd: "/", stdio: "ignore" }).status === 0;
}
