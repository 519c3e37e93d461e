import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { thrift } from "#local/parts/worker.ts";
import { root } from "#local/root.ts";

test("the edition starts a worker as `npm run worker` does", () => {
  const { scripts } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));
  const env = Object.entries(thrift.env).map(([name, value]) => `${name}=${value}`);
  const words = ["NODE_ENV=production", ...env, "node", ...thrift.flags, "worker/main.ts"];
  expect(scripts.worker).toBe(words.join(" "));
});
