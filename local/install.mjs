import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Why the packages must be installed before anything else can run, as words that fit "Installing packages (…)", or
 * undefined when they are all there. npm itself leaves `node_modules/.package-lock.json` behind at the end of an
 * install; an install that was cut short leaves none.
 */
export function whyInstall(root) {
  const lockfile = join(root, "package-lock.json");
  const installed = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(join(root, "node_modules"))) return "there are none yet";
  if (!existsSync(installed)) return "the last install was not finished";
  if (patchesOf(root) !== notedPatches(root)) return "local/patches says something else";
  if (statSync(lockfile).mtimeMs <= statSync(installed).mtimeMs) return undefined;
  return samePackages(lockfile, installed) ? undefined : "package-lock.json is newer";
}

/** Notes which patches the installed packages have. */
export function notePatches(root) {
  writeFileSync(noteOf(root), patchesOf(root));
}

const noteOf = (root) => join(root, "node_modules", ".patches.json");

function notedPatches(root) {
  return existsSync(noteOf(root)) ? readFileSync(noteOf(root), "utf8") : undefined;
}

function patchesOf(root) {
  const folder = join(root, "local", "patches");
  const names = readdirSync(folder).sort();
  return JSON.stringify(names.map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}

/** A fresh clone or a switched branch touches the lockfile without changing what it says. */
function samePackages(lockfile, installed) {
  try {
    const wanted = JSON.parse(readFileSync(lockfile, "utf8")).packages;
    const present = JSON.parse(readFileSync(installed, "utf8")).packages;
    const needed = Object.entries(wanted).filter(([path]) => path !== "");
    return (
      Object.keys(present).every((path) => path in wanted) &&
      needed.every(([path, { version, optional }]) =>
        present[path] ? present[path].version === version : Boolean(optional),
      )
    );
  } catch {
    return false;
  }
}
