import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";

const folder = path.join(tmpdir(), `frontrow-clocks-${process.pid}`);

/** Where Debian and others keep it (package `libfaketime`). */
const libraries = ["x86_64-linux-gnu/", "aarch64-linux-gnu/", ""].map(
  (machine) => `/usr/lib/${machine}faketime/libfaketime.so.1`,
);
const library = [process.env.FAKETIME_LIBRARY ?? "", ...libraries].find((file) => file && existsSync(file));

export const howShifted = library
  ? "with libfaketime"
  : "by a shifted Date in each process, for want of libfaketime";

const fileOf = (part: string) => path.join(folder, part);

/** The environment of a part whose clock `setClock` sets, also while it runs. Time that only goes forward stays true. */
export const clockOf = (part: string): Record<string, string> =>
  library
    ? {
        LD_PRELOAD: library,
        FAKETIME_TIMESTAMP_FILE: fileOf(part),
        FAKETIME_DONT_FAKE_MONOTONIC: "1",
        FAKETIME_CACHE_DURATION: "1",
      }
    : {
        NODE_OPTIONS: `--import ${pathToFileURL(path.join(import.meta.dirname, "shifted-date.mjs")).href}`,
        SHIFTED_DATE_FILE: fileOf(part),
      };

export function setClock(part: string, shift: "+5m" | "-5m"): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(fileOf(part), `${shift}\n`);
}

export const forgetClocks = () => rmSync(folder, { recursive: true, force: true });
