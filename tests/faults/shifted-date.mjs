// What a process gets (`--import`) where there is no libfaketime: its clock is off by what a file says, "+5m" or "-5m".
import { readFileSync } from "node:fs";
import { ServerResponse } from "node:http";

const file = process.env.SHIFTED_DATE_FILE ?? "";
const RealDate = Date;
let lookedAt = 0;
let shiftMs = 0;

function now() {
  const real = RealDate.now();
  if (real - lookedAt > 1000) {
    lookedAt = real;
    try {
      shiftMs = Number.parseInt(readFileSync(file, "utf8"), 10) * 60_000 || 0;
    } catch {
      shiftMs = 0;
    }
  }
  return real + shiftMs;
}

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, self) => Reflect.construct(target, args.length ? args : [now()], self),
  apply: () => new RealDate(now()).toString(),
  get: (target, name) => (name === "now" ? now : Reflect.get(target, name)),
});

// Node dates its answers by a Date that nobody else can reach; by these headers a fault sees that the clock is off.
const { writeHead } = ServerResponse.prototype;
ServerResponse.prototype.writeHead = function (...args) {
  if (!this.headersSent) this.setHeader("date", new Date().toUTCString());
  return writeHead.apply(this, args);
};
