import type { NextFunction, Request, Response } from "express";
import { refusalPage } from "./refusal-page.ts";

/** More at once would not be done sooner: they would only wait for the processor and the database in the middle. */
const mostAtWork = 32;
/** Who would have to wait behind so many is told at once to come back. */
const mostWaiting = 20_000;
/** A page that is not read holds its turn no longer than this. */
const longestMs = 5_000;

/**
 * Pages are made a few at a time; the others wait in the order in which they came. So a crowd that comes at once is served
 * one after the other, instead of everybody's page waiting for everybody else's until all of them are too late. Who has
 * gone away is skipped. What is sent to us does not wait: a body that comes slowly would keep others' pages back.
 */
export function takeTurns({ atWork = mostAtWork, waiting: mostInLine = mostWaiting } = {}) {
  const line = new Set<() => void>();
  let working = 0;

  function begin(response: Response, next: NextFunction) {
    working += 1;
    const end = once(() => {
      clearTimeout(timer);
      working -= 1;
      const [first] = line;
      first?.();
    });
    const timer = setTimeout(end, longestMs);
    response.once("finish", end).once("close", end);
    next();
  }

  return (request: Request, response: Response, next: NextFunction) => {
    if (request.method !== "GET" && request.method !== "HEAD") return next();
    if (working < atWork) return begin(response, next);
    if (line.size >= mostInLine) {
      response.set("Retry-After", "10");
      return void response.status(503).type("html").send(refusalPage(503));
    }
    const leave = () => void line.delete(turn);
    const turn = () => {
      leave();
      response.off("close", leave);
      begin(response, next);
    };
    line.add(turn);
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
