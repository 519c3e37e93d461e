import type { IncomingMessage } from "node:http";
import type { Services } from "#app/context.ts";
import {
  type Admission,
  type Asker,
  type Participant,
  readAnyToken,
} from "#app/domain/participants/admission.ts";
import { hashToken } from "#app/domain/people/sessions.ts";
import { readCookie, sessionCookieName } from "#app/http/cookies.ts";
import { countTurn, type NoTurn } from "#app/http/turns.ts";
import { networkAddressOf } from "../network-address.ts";
import { isOurOrigin } from "../origin.ts";
import { createAdmissions } from "./admissions.ts";
import { tokenOf } from "./request.ts";

/** So many may wait for the database or LiveKit at once; the others are asked to come back. */
const mostWaiting = 1_000;
const busySeconds = 5;

/** `waitSeconds`: when to come back. */
export type Refused = { status: number; text: string; waitSeconds?: number };
export type Admitted = Extract<Admission, { ok: true }>;
type About = Partial<Asker> & { streamId?: string; network?: string };

/** Asks of each who wants to come in who they are and whether they may, and logs who may not. */
export function createDoor({
  config,
  db,
  livekit,
  log,
}: Pick<Services, "config" | "db" | "livekit" | "log">) {
  const admissions = createAdmissions(db);
  const addressOf = networkAddressOf(config.trustedProxies);
  let waiting = 0;

  /**
   * Who it is, with the decision, or why not. `note` is called as `admit` says. A network that asks without end is refused
   * before anything is looked at, a session before the decision is asked.
   */
  async function check(
    request: IncomingMessage,
    url: URL,
    note?: (participant: Participant) => void,
  ): Promise<Admitted | Refused> {
    const network = addressOf(request);
    const crowded = await countTurn("gate.network", network);
    if (crowded) return tooMany(crowded, async () => ({ network }));
    if (waiting >= mostWaiting) return busy("busy");
    waiting += 1;
    try {
      return await decide(request, url, note);
    } catch (error) {
      log.warn({ err: error }, "the gate could not ask for a decision");
      return busy("unavailable");
    } finally {
      waiting -= 1;
    }
  }

  async function decide(request: IncomingMessage, url: URL, note?: (participant: Participant) => void) {
    const sessionToken = readCookie(request.headers.cookie, sessionCookieName(config));
    if (!isOurOrigin(request.headers, config.publicUrl))
      return no(403, "foreign_origin", await whoIs(sessionToken));
    const token = tokenOf(request, url);
    if (!sessionToken) return no(401, "signed_out");
    // What is counted for a made-up cookie is no session's: its network's turns see to that.
    const eager = await countTurn("gate.session", hashToken(sessionToken).toString("base64url"));
    if (eager) return tooMany(eager, () => whoIs(sessionToken));
    if (!token) return no(401, "no_token", await whoIs(sessionToken));
    const holder = await readAnyToken({ livekit, config }, token);
    const admission = await admissions.ask({ holder, sessionToken }, note);
    return admission.ok ? admission : no(admission.status, admission.reason, admission);
  }

  /** Whose session it is, for the log: a refusal does not wait upon the database's being there. */
  async function whoIs(sessionToken: string | undefined): Promise<Partial<Asker>> {
    if (!sessionToken) return {};
    const asked = admissions.ask({ holder: undefined, sessionToken });
    return asked.then(
      (admission) => (admission.ok ? {} : { userId: admission.userId, sessionId: admission.sessionId }),
      () => ({}),
    );
  }

  /** Of those who ask too often one line is enough until they may ask again. */
  async function tooMany({ waitSeconds, first }: NoTurn, about: () => Promise<About>): Promise<Refused> {
    if (first) no(429, "too_many", await about());
    return { status: 429, text: "too_many", waitSeconds };
  }

  /** Denials and attempts to come round the decision are logged, by ids. */
  function no(status: number, reason: string, about: About = {}): Refused {
    const { userId, sessionId, streamId, network } = about;
    const line = { event: "gate.refused", status, reason, userId, sessionId, streamId, network };
    log.info(line, "refused at the signal gate");
    return { status, text: reason };
  }

  return { check, no };
}

export const busy = (text: string): Refused => ({ status: 503, text, waitSeconds: busySeconds });
