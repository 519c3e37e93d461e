import type { NextFunction, Request, Response } from "express";
import { networkOf } from "#app/domain/people/limits.ts";
import { refusalPage } from "./refusal-page.ts";

/** More at once would not be done sooner: they would only wait for the processor and the database in the middle. */
const mostAtWork = 32;
/** Who would have to wait behind so many is told at once to come back; so is who would be so many by themselves. */
const mostWaiting = 20_000;
const mostOfNetwork = 500;
/** What takes longer than this waits for something else than the processor, or is not read: others need not wait for it. */
const longestMs = 1_000;

/**
 * Pages are made a few at a time; the others wait in the order in which they came. So a crowd that comes at once is served
 * one after the other, instead of everybody's page waiting for everybody else's until all of them are too late. Who has
 * gone away is skipped, and no network address may stand there more than 500 times. What is sent to us does not wait: a
 * body that comes slowly would keep others' pages back.
 */
export function takeTurns({
  atWork = mostAtWork,
  waiting: mostInLine = mostWaiting,
  ofNetwork: mostOfOne = mostOfNetwork,
  longest = longestMs,
} = {}) {
  const line = new Set<() => void>();
  const networks = new Map<string, number>();
  let working = 0;

  function begin(response: Response, next: NextFunction) {
    working += 1;
    const end = once(() => {
      clearTimeout(timer);
      working -= 1;
      const [first] = line;
      first?.();
    });
    const timer = setTimeout(end, longest);
    response.once("finish", end).once("close", end);
    next();
  }

  function count(network: string, more: number) {
    const now = (networks.get(network) ?? 0) + more;
    if (now > 0) networks.set(network, now);
    else networks.delete(network);
  }

  return (request: Request, response: Response, next: NextFunction) => {
    if (request.method !== "GET" && request.method !== "HEAD") return next();
    if (working < atWork) return begin(response, next);
    const network = networkOf(request.ip ?? "");
    if (line.size >= mostInLine || (networks.get(network) ?? 0) >= mostOfOne) {
      response.set("Retry-After", "10");
      return void response.status(503).type("html").send(refusalPage(503));
    }
    const leave = () => {
      line.delete(turn);
      count(network, -1);
    };
    const turn = () => {
      leave();
      response.off("close", leave);
      begin(response, next);
    };
    line.add(turn);
    count(network, 1);
    response.once("close", leave);
  };
}

function once(run: () => void) {
  let done = false;
  return () => {
    if (!done) run();
    done = true;
  };
}
