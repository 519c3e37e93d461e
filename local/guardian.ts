// Runs when a launcher has died without stopping what it had started: ends that, unless another launcher came first.
import { takeLock } from "./lock.ts";
import { endLeftovers } from "./processes.ts";

const dir = process.argv[2] ?? "";
const lock = await takeLock(dir, { stopping: true }).catch(() => process.exit(0));
await endLeftovers(dir);
lock.release();
