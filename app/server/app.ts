import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { createRequestHandler } from "@remix-run/express";
import type { ServerBuild } from "@remix-run/node";
import compression from "compression";
import express, { type Express, type NextFunction, type Request, type Response } from "express";
import helmet, { strictTransportSecurity } from "helmet";
import { sql } from "kysely";
import type { RequestContext, Services } from "#app/context.ts";
import type { Viewer } from "#app/domain/people/sessions.ts";
import { readCookie, sessionCookieName } from "#app/http/cookies.ts";
import { announcementsRouter } from "./announcements.ts";
import { apiRouter } from "./api/router.ts";
import { serveAssets } from "./assets.ts";
import { calendarsRouter } from "./calendars.ts";
import { isDatabaseAway, withDatabaseAway } from "./database-away.ts";
import { refuseCrowds } from "./crowds.ts";
import type { Gate } from "./gate/gate.ts";
import { mediaRouter } from "./media.ts";
import { isOurOrigin } from "./origin.ts";
import { createPagePresence, type CountPerson } from "./page-presence.ts";
import { createQuestions, type Questions } from "./questions.ts";
import { refusalPage } from "./refusal-page.ts";
import { shortWay } from "./short-way.ts";
import { takeTurns } from "./turns.ts";
import { webhooksRouter } from "./webhooks.ts";

type Options = {
  build: ServerBuild;
  /** Folder of the browser's files that the build wrote. */
  clientFolder: string;
  /** Absent where browsers reach LiveKit itself, or a gate of its own answers at its addresses. */
  gate?: Pick<Gate, "answer">;
  /** Whether this process still takes new work; false while it drains. */
  isReady?: () => boolean;
};

/** No form of ours is larger, but those that send a file. */
const mostBytes = 1024 * 1024;
const takesFile = /^\/account\/(?:passes\/[^/]+\/imports|streams\/[^/]+\/captions)\/?$/;

/** The web application as an express app: everything of ours that speaks HTTP but the page socket. */
export function createApp(
  services: Services,
  { build, clientFolder, gate, isReady = () => true }: Options,
): Express {
  const { config, db, log } = services;
  const app = express();
  app.disable("x-powered-by");
  app.set("trust proxy", config.trustedProxies.length > 0 ? config.trustedProxies : false);
  app.set("query parser", "simple");

  app.use(identify(services));
  app.get("/healthz", (_, response) => void response.type("text/plain").send("ok\n"));
  app.get("/readyz", async (_, response) => {
    const ready = isReady() && (await reaches(db));
    response
      .status(ready ? 200 : 503)
      .type("text/plain")
      .send(ready ? "ready\n" : "not ready\n");
  });

  if (gate) app.use(gateAddresses(gate));
  if (config.secure) app.use(strictTransportSecurity({ maxAge: 31_536_000 }));
  const shared = { questions: createQuestions(db), countPerson: createPagePresence(services) };
  const media = mediaRouter(services, shared);
  app.use("/media", shortWay(media));
  app.use("/webhooks", webhooksRouter(services));
  app.use(helmet(headers(services)));
  app.use("/api/v1", apiRouter(services));
  app.use("/assets", serveAssets(`${clientFolder}/assets`));
  app.use(compression());
  app.use(
    "/assets",
    express.static(`${clientFolder}/assets`, { immutable: true, maxAge: "1y", fallthrough: false }),
  );
  app.use(publicFiles(clientFolder));
  app.use(calendarsRouter(services));
  app.use((_, response, next) => {
    response.set("Cache-Control", "private, no-store");
    next();
  });
  const refuse429 = (response: Response) => void response.status(429).type("html").send(refusalPage(429));
  app.use(refuseCrowds(services, "sent.network", refuse429, (request) => !isReading(request)));
  app.use(refuseUnreadable, refuseNul, refuseForeignPosts(services), refuseLargeBodies);
  app.use("/media", media);
  app.use(announcementsRouter(services));

  app.all(
    "*",
    takeTurns(),
    createRequestHandler({
      build: withDatabaseAway(build),
      mode: "production",
      getLoadContext: (request, response) => contextOf(services, shared, request, response),
    }),
  );
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    const status = statusOf(error);
    if (status >= 500) log.error({ err: error, requestId: response.locals.requestId }, "request failed");
    if (response.headersSent) return void response.destroy();
    response.status(status).type("html").send(refusalPage(status));
  });
  return app;
}

function gateAddresses(gate: Pick<Gate, "answer">) {
  return (request: Request, response: Response, next: NextFunction) =>
    void gate.answer(request, response).then((answered) => void (answered || next()), next);
}

/** The few files beside `assets`, known by name: looking for each page's address on the disk would cost a page 5 %. */
function publicFiles(folder: string) {
  const names = new Set(readdirSync(folder));
  const serve = express.static(folder, { maxAge: "1h", index: false });
  return (request: Request, response: Response, next: NextFunction) =>
    names.has(request.path.slice(1)) ? serve(request, response, next) : next();
}

type Shared = { questions: Questions; countPerson: CountPerson };

function contextOf(
  services: Services,
  { questions, countPerson }: Shared,
  request: Request,
  response: Response,
): RequestContext {
  let viewer: Promise<Viewer | null> | undefined;
  const findOut = async () => {
    const token = readCookie(request.headers.cookie, sessionCookieName(services.config));
    const found = (token && (await questions.viewer(token))) || null;
    response.locals.userId = found?.userId;
    return found;
  };
  return {
    ...services,
    requestId: response.locals.requestId as string,
    cspNonce: response.locals.cspNonce as string,
    networkAddress: request.ip ?? "",
    viewer: () => (viewer ??= findOut()),
    questions,
    countPerson,
  };
}

/** What asks for something that it may not have: nobody's or a wrong key, no right, another site's form, too often. */
const refusals = new Set([401, 403, 429]);

/**
 * Gives each request its id and nonce, and logs its end: method, path without what follows the `?`, status, time. A refusal
 * is logged with who asked; so is what is not there for somebody who is signed in, since another space's things are not.
 */
function identify({ log }: Services) {
  return (request: Request, response: Response, next: NextFunction) => {
    const begun = performance.now();
    // Now: behind a router it is only the rest.
    const path = pathForLog(request.path);
    response.locals.requestId = randomBytes(9).toString("base64url");
    response.locals.cspNonce = randomBytes(16).toString("base64");
    response.on("finish", () => {
      const line = {
        requestId: response.locals.requestId as string,
        method: request.method,
        path,
        status: response.statusCode,
        ms: Math.round(performance.now() - begun),
      };
      const { userId, caller } = response.locals as { userId?: string; caller?: { keyId: string } };
      const refused = refusals.has(line.status) || (line.status === 404 && (userId || caller));
      const who = { userId, keyId: caller?.keyId, networkAddress: request.ip };
      if (line.status >= 500) log.warn(line, "request");
      else if (refused) log.info({ event: "request.refused", ...line, ...who }, "request refused");
      else log.debug(line, "request");
    });
    next();
  };
}

/** An invitation's address is its key, and so is a calendar's, and one to stop mail. */
const pathForLog = (path: string) =>
  path.replace(/^(\/(?:invites|feeds|mail\/unsubscribe(?:\/[^/]+)?)\/).+/i, "$1…");

function headers({ config }: Services): Parameters<typeof helmet>[0] {
  const livekit = livekitOrigins(config.livekit.publicUrl);
  const chat = new URL(config.stream.url).origin;
  const media = config.mediaRedirect ? [new URL(config.storage.endpoint).origin] : [];
  const nonce = (_: unknown, response: unknown) =>
    `'nonce-${(response as Response).locals.cspNonce as string}'`;
  return {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'", nonce],
        styleSrc: ["'self'"],
        styleSrcAttr: ["'unsafe-inline'"],
        imgSrc: ["'self'", "data:", "blob:", ...media],
        mediaSrc: ["'self'", "blob:", ...media],
        connectSrc: [
          ...["'self'", config.publicUrl.replace(/^http/, "ws"), ...livekit],
          ...[chat, chat.replace(/^http/, "ws"), ...media],
        ],
        workerSrc: ["'self'", "blob:"],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: [(request) => (isFrame(request.url ?? "") ? "'self'" : "'none'")],
      },
    },
    // Set before, for all that is ours.
    strictTransportSecurity: false,
    crossOriginEmbedderPolicy: false,
    referrerPolicy: { policy: "strict-origin-when-cross-origin" },
  };
}

/** Where LiveKit itself is reached, if browsers may. A refused web socket is explained over plain http at the same address. */
function livekitOrigins(publicUrl: string | null): string[] {
  if (!publicUrl) return [];
  const { protocol, host } = new URL(publicUrl);
  return [`${protocol}//${host}`, `${protocol.replace("ws", "http")}//${host}`];
}

/** Without scripts the chat, and the stage beside one, stand in frames of the stream's page. */
const isFrame = (url: string) => /^\/[^/?]+\/[^/?]+\/streams\/[^/?]+\/(chat(\/|\?|$)|stage(\?|$))/.test(url);

const isReading = ({ method }: Request) => method === "GET" || method === "HEAD" || method === "OPTIONS";

/** A form that another site sends with our visitor's cookie changes nothing. */
function refuseForeignPosts(services: Services) {
  return (request: Request, response: Response, next: NextFunction) => {
    if (isReading(request) || isOneClick(request.path)) return next();
    if (isOurOrigin(request.headers, services.config.publicUrl)) return next();
    response.status(403).type("html").send(refusalPage(403));
  };
}

/** A mailbox's own button posts from no page (RFC 8058). The address is the key, and no cookie is asked. */
const isOneClick = (path: string) => /^\/mail\/unsubscribe\/[^/]+\/[^/]+\/?$/.test(path);

/** Pages are asked for by a whole URL, and a host that somebody made up need not give one. */
function refuseUnreadable(request: Request, response: Response, next: NextFunction) {
  if (URL.canParse(`http://${request.hostname}${request.originalUrl}`)) return next();
  response.status(400).type("html").send(refusalPage(400));
}

/** No address of ours has a NUL in it, and Postgres takes none as text. */
function refuseNul(request: Request, response: Response, next: NextFunction) {
  if (!request.url.includes("%00")) return next();
  response.status(404).type("html").send(refusalPage(404));
}

/** A form with a file asks who sends it before it reads the file, and says by itself that one is too large. */
function refuseLargeBodies(request: Request, response: Response, next: NextFunction) {
  const length = Number(request.headers["content-length"] ?? 0);
  const file = request.method === "POST" && takesFile.test(request.path);
  const status = request.headers["transfer-encoding"] ? 411 : length > mostBytes && !file ? 413 : 0;
  if (file || status !== 0) endUnread(request, response);
  if (status === 0) return next();
  response.status(status).type("html").send(refusalPage(status));
}

/** As nginx does it (its `lingering_time`). */
const lingerMs = 30_000;

/**
 * An answer that did not need the whole body is followed by the rest of it: that is thrown away for a while, so that a
 * browser which still sends gets to read the answer, and then the connection is cut.
 */
function endUnread(request: Request, response: Response) {
  response.on("finish", () => {
    if (request.complete) return;
    request.removeAllListeners("data");
    request.resume();
    setTimeout(() => request.complete || request.destroy(), lingerMs).unref();
  });
}

function statusOf(error: unknown): number {
  const status = (error as { status?: unknown } | null)?.status;
  if (typeof status === "number" && status >= 400 && status < 600) return status;
  return isDatabaseAway(error) ? 503 : 500;
}

async function reaches(db: Services["db"]): Promise<boolean> {
  try {
    await sql`select 1`.execute(db);
    return true;
  } catch {
    return false;
  }
}
