// What `npm ci` ends with: our patches are applied to the packages, and which ones is noted.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { notePatches } from "./install.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const program = join(root, "node_modules", "patch-package", "index.js");
const patched = spawnSync(process.execPath, [program, "--patch-dir", "local/patches", "--error-on-fail"], {
  cwd: root,
  stdio: "inherit",
});
if (patched.status !== 0) process.exit(patched.status ?? 1);
notePatches(root);
