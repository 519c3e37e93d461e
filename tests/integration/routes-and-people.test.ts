import { randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { addCaptions } from "#app/domain/captions/captions.ts";
import { stopPath } from "#app/domain/mail/unsubscribe.ts";
import { codeOf } from "#app/domain/pass-links/codes.ts";
import { insertLink } from "#app/domain/pass-links/links.ts";
import { claimViewerIdentity } from "#app/domain/participants/participants.ts";
import { mintTicket, mintViewerTicket } from "#app/domain/participants/tickets.ts";
import { linkCode } from "#app/domain/people/link-codes.ts";
import { findViewer } from "#app/domain/people/sessions.ts";
import { runExport } from "#app/domain/recordings/exports.ts";
import { finalizeRecording } from "#app/domain/recordings/finalize.ts";
import { insertInvite } from "#app/domain/teams/invites.ts";
import { readCookie } from "#app/http/cookies.ts";
import { gatePaths, isValidatePath } from "#app/server/gate/request.ts";
import { attachPageSocket } from "#app/server/page-socket.ts";
import type { StreamStatus } from "#db/types.ts";
import {
  insertImport,
  insertMachines,
  insertPeople,
  insertSeries,
  insertUser,
  unique,
} from "#tests/factories.ts";
import { everything } from "./everything.ts";
import { joinRequest, openSignal } from "./gate-client.ts";
import { openPage } from "./page-socket-client.ts";
import { browse } from "./pages.ts";
import { insertStoppedRecording } from "./recording-fixtures.ts";
import { startTestWeb, type TestWeb } from "./setup.ts";

let web: TestWeb;
beforeAll(async () => {
  web = await startTestWeb({ attach: attachPageSocket, gated: true });
});
afterAll(() => web.close());

const { cookieOf, visit, post } = browse(() => web);

type House = Awaited<ReturnType<typeof insertHouse>>;
type Who = keyof House["people"];

/**
 * What every address answers to a GET and, where it takes forms, to the POST of one without fields (or of those in `forms`).
 *
 * in    sent to sign in, and back afterwards
 * new   sent to start a space, who has none
 * back  sent to the page that it belongs to, and nothing has changed: the form's own page, or all was done before
 * done  did it, and was sent on
 * 400   may do it, and not with such a form
 * ·     may do it, which is tested with its noun
 *
 * Whatever is not `done` has changed nothing. An address that has no POST here answers every form with 405.
 */
const order: Who[] = [
  ...(["nobody", "stranger", "ended", "banned", "viewer"] as const),
  ...(["moderator", "host", "owner", "otherOwner"] as const),
];
const table = `
                                                          none  str  end  ban  vie   mod  host  own  oth
/                                                  GET    200   200  200  200  200   200  200   200  200
/explore                                           GET    200   200  200  200  200   200  200   200  200
/robots.txt                                        GET    200   200  200  200  200   200  200   200  200
/sitemap.xml                                       GET    200   200  200  200  200   200  200   200  200
/sitemap-$number.xml                               GET    200   200  200  200  200   200  200   200  200
/$space/feed.atom                                  GET    200   200  200  200  200   200  200   200  200
/sign-in                                           GET    200   200  200  200  200   200  200   200  200
/sign-in                                           POST   400   400  400  400  400   400  400   400  400
/sign-in/code                                      GET    200   200  200  200  200   200  200   200  200
/sign-in/code                                      POST   400   400  400  400  400   400  400   400  400
/sign-out                                          GET    200   200  200  200  200   200  200   200  200
/sign-out                                          POST   back  done done done done  done done  done done
/invites/$code                                     GET    200   200  200  200  200   200  200   200  200
/invites/$code                                     POST   in    403  403  403  403   403  403   403  403
/invites/$passCode                                 GET    200   200  200  200  200   200  200   200  200
/invites/$passCode                                 POST   in    done done back back  done done  done done
/$space                                            GET    200   200  200  200  200   200  200   200  200
/$space/passes/$pass                               GET    200   200  200  200  200   200  200   200  200
/$space/passes/$pass                               POST   in    done done back back  done done  done done
/$space/passes/$pass/wait                          GET    back  back back back back  back back  back back
/$space/passes/$pass/wait                          POST   in    back back back back  back back  back back
/$space/passes/$pass/wait                          DELETE in    back back back back  back back  back back
/$space/passes/$pass/request                       GET    in    back back back back  back back  back back
/$space/passes/$pass/request                       POST   in    back back back back  back back  back back
/$space/passes/$pass/request                       DELETE in    back back back back  back back  back back
/$space/$experience                                GET    200   200  200  200  200   200  200   200  200
/$space/$experience/streams/$stream                GET    200   200  200  200  200   200  200   200  200
/$space/$experience/streams/$stream/picture.png    GET    200   200  200  200  200   200  200   200  200
/$space/$experience/streams/$stream/calendar.ics   GET    200   200  200  200  200   200  200   200  200
/$space/$experience/streams/$stream/coming         GET    back  back back back back  back back  back back
/$space/$experience/streams/$stream/coming         POST   in    done done 403  done  403  403   403  done
/$space/$experience/streams/$stream/coming         DELETE in    back back back back  back back  back back
/$space/$experience/streams/$stream/ticket         GET    405   405  405  405  405   405  405   405  405
/$space/$experience/streams/$stream/ticket         POST   401   403  403  403  409   409  409   409  403
/$space/$experience/streams/$stream/stage          GET    in    403  403  403  200   200  200   200  403
/$space/$experience/streams/$stream/device         GET    back  back back back back  back back  back back
/$space/$experience/streams/$stream/device         POST   in    403  403  403  back  back back  back 403
/$space/$experience/streams/$stream/chat                         GET    in 403 403 403 200 200 200 200 403
/$space/$experience/streams/$stream/chat/write                   GET    in 403 403 403 200 200 200 200 403
/$space/$experience/streams/$stream/chat/write                   POST   in 403 403 403 409 409 409 409 403
/$space/$experience/streams/$stream/chat/messages/$message       GET    in 403 403 403 200 200 200 200 403
/$space/$experience/streams/$stream/chat/pass                    GET    405 405 405 405 405 405 405 405 405
/$space/$experience/streams/$stream/chat/pass                    POST   in 403 403 403 409 409 409 409 403
/$space/$experience/streams/$stream/chat/messages                GET    405 405 405 405 405 405 405 405 405
/$space/$experience/streams/$stream/chat/messages                POST   in 403 403 403 409 409 409 409 403
/$space/$experience/streams/$stream/chat/messages.json           GET    in 403 403 403 200 200 200 200 403
/$space/$experience/streams/$stream/chat/replay                  GET    in 403 403 403 404 404 404 404 403
/$space/$experience/streams/$stream/chat/replay.json             GET    in 403 403 403 404 404 404 404 403
/$space/$experience/streams/$stream/chat/messages/$message/removal GET    405 405 405 405 405 405 405 405 405
/$space/$experience/streams/$stream/chat/messages/$message/removal POST   in 403 403 403 done 404 404 404 403
/$space/$experience/streams/$stream/chat/messages/$message/restoration GET    405 405 405 405 405 405 405 405 405
/$space/$experience/streams/$stream/chat/messages/$message/restoration POST   in 403 403 403 409 409 409 409 403
/$space/$experience/streams/$stream/chat/messages/$message/pin   GET    405 405 405 405 405 405 405 405 405
/$space/$experience/streams/$stream/chat/messages/$message/pin   POST   in 403 403 403 403 done back back 403
/$space/$experience/streams/$stream/chat/messages/$message/reaction GET    405 405 405 405 405 405 405 405 405
/$space/$experience/streams/$stream/chat/messages/$message/reaction POST   in 403 403 403 409 409 409 409 403
/$space/$experience/streams/$stream/chat/messages/$message/report GET    405 405 405 405 405 405 405 405 405
/$space/$experience/streams/$stream/chat/messages/$message/report POST   in 403 403 403 400 done done done 403
/$space/$experience/streams/$stream/chat/messages/$message/dismissal GET    405 405 405 405 405 405 405 405 405
/$space/$experience/streams/$stream/chat/messages/$message/dismissal POST   in 403 403 403 403 404 404 404 403
/$space/$experience/streams/$stream/chat/people/$person/removal  GET    405 405 405 405 405 405 405 405 405
/$space/$experience/streams/$stream/chat/people/$person/removal  POST   in 403 403 403 403 done back back 403
/$space/$experience/streams/$stream/chat/people/$person/timeout  GET    405 405 405 405 405 405 405 405 405
/$space/$experience/streams/$stream/chat/people/$person/timeout  POST   in 403 403 403 403 done done done 403
/$space/$experience/streams/$stream/chat/people/$person/ban      GET    405 405 405 405 405 405 405 405 405
/$space/$experience/streams/$stream/chat/people/$person/ban      POST   in 403 403 403 403 done done done 403
/$space/$experience/streams/$stream/chat/settings                GET    in 403 403 403 403 200 200 200 403
/$space/$experience/streams/$stream/chat/settings                POST   in 403 403 403 403 done back back 403
/account                                           GET    in    200  200  200  200   200  200   200  200
/account                                           POST   in    400  400  400  400   400  400   400  400
/account/calendar                                  GET    in    200  200  200  200   200  200   200  200
/account/calendar                                  POST   in    done done done done  done done  done done
/account/calendar                                  DELETE in    back back back back  back back  back back
/account/following                                 GET    in    200  200  200  200   200  200   200  200
/account/following                                 POST   in    400  400  400  400   400  400   400  400
/account/following                                 DELETE in    400  400  400  400   400  400   400  400
/account/experiences                               GET    in    200  200  200  200   200  200   200  200
/account/experiences/$id                           GET    in    404  200  200  200   404  404   404  404
/account/grants                                    GET    in    200  200  200  200   200  200   200  200
/account/mail                                      GET    in    200  200  200  200   200  200   200  200
/account/mail                                      POST   in    400  400  400  400   400  400   400  400
/mail/unsubscribe/$choice/$code                    GET    200   200  200  200  200   200  200   200  200
/mail/unsubscribe/$choice/$code                    POST   ·     ·    ·    ·    ·     ·    ·     ·    ·
/account/sessions                                  GET    in    200  200  200  200   200  200   200  200
/account/sessions                                  POST   in    back back back back  back back  back back
/account/sessions/others                           GET    back  back back back back  back back  back back
/account/sessions/others                           POST   in    back back back back  back back  back back
/account/space                                     GET    in    new  new  new  new   200  200   200  200
/account/space                                     POST   in    new  new  new  new   403  403   400  400
/account/space/new                                 GET    in    200  200  200  200   200  200   200  200
/account/space/new                                 POST   in    400  400  400  400   400  400   400  400
/account/space/profile                             GET    in    200  200  200  200   200  200   200  200
/account/space/profile                             POST   in    400  400  400  400   400  400   400  400
/account/space/retirement                          GET    in    new  new  new  new   403  403   200  200
/account/space/retirement                          POST   in    new  new  new  new   403  403   400  400
/account/space/experiences                         GET    in    new  new  new  new   403  200   200  200
/account/space/experiences/new                     GET    in    new  new  new  new   403  403   200  200
/account/space/experiences/new                     POST   in    new  new  new  new   403  403   400  400
/account/space/experiences/$id                     GET    in    404  404  404  404   403  403   200  404
/account/space/experiences/$id                     POST   in    404  404  404  404   403  403   400  404
/account/space/experiences/$id/retirement          GET    in    404  404  404  404   403  403   200  404
/account/space/experiences/$id/retirement          POST   in    404  404  404  404   403  403   done 404
/account/space/moderation                          GET    in    new  new  new  new   200  200   200  200
/account/space/moderation.csv                      GET    in    new  new  new  new   200  200   200  200
/account/space/bans                                GET    in    new  new  new  new   200  200   200  200
/account/space/bans/$ban/removal                   GET    back  back back back back  back back  back back
/account/space/bans/$ban/removal                   POST   in    new  new  new  new   done 404   404  404
/account/space/recordings                          GET    in    new  new  new  new   403  200   200  200
/account/space/recordings                          POST   in    new  new  new  new   403  403   400  400
/account/space/blocked-words                       GET    in    new  new  new  new   200  200   200  200
/account/space/blocked-words                       POST   in    new  new  new  new   done back  back done
/account/space/api                                 GET    in new new new new 403 403 200 200
/account/space/api                                 POST   in new new new new 403 403 400 400
/account/space/webhooks                            GET    in new new new new 403 403 200 200
/account/space/webhooks                            POST   in new new new new 403 403 400 400
/account/space/api/$key/revocation                 GET    in 404 404 404 404 403 403 200 404
/account/space/api/$key/revocation                 POST   in 404 404 404 404 403 403 done 404
/account/space/webhooks/$endpoint                  GET    in 404 404 404 404 403 403 200 404
/account/space/webhooks/$endpoint                  POST   in 404 404 404 404 403 403 400 404
/account/space/webhooks/$endpoint/secret           GET    in 404 404 404 404 403 403 200 404
/account/space/webhooks/$endpoint/secret           POST   in 404 404 404 404 403 403 400 404
/account/space/webhooks/$endpoint/removal          GET    in 404 404 404 404 403 403 200 404
/account/space/webhooks/$endpoint/removal          POST   in 404 404 404 404 403 403 done 404
/account/space/webhooks/$endpoint/test-message     GET    back back back back back back back back back
/account/space/webhooks/$endpoint/test-message     POST   in 404 404 404 404 403 403 done 404
/account/space/webhooks/$endpoint/activation       GET    back back back back back back back back back
/account/space/webhooks/$endpoint/activation       POST   in 404 404 404 404 403 403 back 404
/account/space/webhooks/$endpoint/deliveries/$delivery/resend GET    back back back back back back back back back
/account/space/webhooks/$endpoint/deliveries/$delivery/resend POST   in 404 404 404 404 403 403 done 404
/api                                               GET    200 200 200 200 200 200 200 200 200
/account/passes                                    GET    in    new  new  new  new   403  200   200  200
/account/passes/new                                GET    in    new  new  new  new   403  403   200  200
/account/passes/new                                POST   in    new  new  new  new   403  403   400  400
/account/passes/$id                                GET    in    404  404  404  404   403  200   200  404
/account/passes/$id                                POST   in    404  404  404  404   403  403   400  404
/account/passes/$id/edit                           GET    in    404  404  404  404   403  403   200  404
/account/passes/$id/edit                           POST   in    404  404  404  404   403  403   400  404
/account/passes/$id/retirement                     GET    in    404  404  404  404   403  403   200  404
/account/passes/$id/retirement                     POST   in    404  404  404  404   403  403   done 404
/account/passes/$id/grants/$grant                  GET    in    404  404  404  404   403  200   200  404
/account/passes/$id/grants/$grant/cancellation     GET    in    404  404  404  404   403  403   200  404
/account/passes/$id/grants/$grant/cancellation     POST   in    404  404  404  404   403  403   400  404
/account/passes/$id/grants/$grant/end              GET    in    404  404  404  404   403  403   200  404
/account/passes/$id/grants/$grant/end              POST   in    404  404  404  404   403  403   400  404
/account/passes/$id/grants/$grant/restoration      GET    in    404  404  404  404   403  403   back 404
/account/passes/$id/grants/$grant/restoration      POST   in    404  404  404  404   403  403   back 404
/account/passes/$id/imports                        GET    in    404  404  404  404   403  403   200  404
/account/passes/$id/imports                        POST   in    404  404  404  404   403  403   400  404
/account/passes/$id/imports/$import                GET    in    404  404  404  404   403  403   200  404
/account/passes/$id/imports/$import/confirmation   GET    back  back back back back  back back  back back
/account/passes/$id/imports/$import/confirmation   POST   in    404  404  404  404   403  403   done 404
/account/passes/$id/imports/$import/removal        GET    back  back back back back  back back  back back
/account/passes/$id/imports/$import/removal        POST   in    404  404  404  404   403  403   done 404
/account/passes/$id/imports/$import/refused.csv    GET    in    404  404  404  404   403  403   200  404
/account/passes/grants                             GET    in    new  new  new  new   403  200   200  200
/account/passes/$id/links                          GET    in    404  404  404  404   403  403   200  404
/account/passes/$id/links                          POST   in    404  404  404  404   403  403   400  404
/account/passes/$id/links/$link                    GET    in    404  404  404  404   403  403   200  404
/account/passes/$id/links/$link/revocation         GET    in    404  404  404  404   403  403   200  404
/account/passes/$id/links/$link/revocation         POST   in    404  404  404  404   403  403   done 404
/account/passes/$id/requests                       GET    in    404  404  404  404   403  200   200  404
/account/passes/$id/requests/$request/approval     GET    in    404  404  404  404   403  403   200  404
/account/passes/$id/requests/$request/approval     POST   in    404  404  404  404   403  403   done 404
/account/passes/$id/requests/$request/refusal      GET    in    404  404  404  404   403  403   200  404
/account/passes/$id/requests/$request/refusal      POST   in    404  404  404  404   403  403   done 404
/account/passes/$id/grants/$grant/refund           GET    in    404  404  404  404   403  403   200  404
/account/passes/$id/grants/$grant/refund           POST   in    404  404  404  404   403  403   done 404
/account/members                                   GET    in    new  new  new  new   200  200   200  200
/account/members                                   POST   in    new  new  new  new   403  400   400  400
/account/members/$member                           GET    in    new  new  new  new   403  200   200  404
/account/members/$member                           POST   in    new  new  new  new   403  400   400  404
/account/members/$member/removal                   GET    in    new  new  new  new   200  200   200  404
/account/members/$member/removal                   POST   in    new  new  new  new   ·    ·     ·    back
/account/members/invites/$invite/letter            GET    back  back back back back  back back  back back
/account/members/invites/$invite/letter            POST   in    new  new  new  new   403  back  back 404
/account/members/invites/$invite/revocation        GET    back  back back back back  back back  back back
/account/members/invites/$invite/revocation        POST   in    new  new  new  new   403  done  back 404
/account/streams                                   GET    in    new  new  new  new   200  200   200  200
/account/streams/new                               GET    in    new  new  new  new   403  200   200  200
/account/streams/new                               POST   in    new  new  new  new   403  400   400  400
/account/streams/dates.json                         GET    in    new  new  new  new   403  200   200  200
/account/streams/$id                               GET    in    404  404  404  404   200  200   200  404
/account/streams/$id/coming                        GET    in    404  404  404  404   403  200   200  404
/account/streams/$id/moderation                    GET    in    404  404  404  404   200  200   200  404
/account/streams/$id/moderation.csv                GET    in    404  404  404  404   200  200   200  404
/account/streams/$id/reports                       GET    in    404  404  404  404   200  200   200  404
/account/streams/$id/mail                          GET    in    404  404  404  404   200  200   200  404
/account/streams/$id/mail                          POST   in    404  404  404  404   403  done  back 404
/account/streams/$id/edit                          GET    in    404  404  404  404   403  200   200  404
/account/streams/$id/edit                          POST   in    404  404  404  404   403  400   400  404
/account/streams/$id/note                          GET    in    404  404  404  404   403  200   200  404
/account/streams/$id/note                          POST   in    404  404  404  404   403  done  back 404
/account/streams/$id/duplicate                     GET    in    404  404  404  404   403  back  back 404
/account/streams/$id/cancel                        GET    in    404  404  404  404   403  200   200  404
/account/streams/$id/cancel                        POST   in    404  404  404  404   403  done  back 404
/account/streams/$id/series                        GET    in    404  404  404  404   403  200   200  404
/account/streams/$id/series                        POST   in    404  404  404  404   403  400   400  404
/account/streams/$id/series/cancel                 GET    in    404  404  404  404   403  200   200  404
/account/streams/$id/series/cancel                 POST   in    404  404  404  404   403  400   400  404
/account/streams/$id/recording                     GET    in 404 404 404 404 back back back 404
/account/streams/$id/recording/receipt.json        GET    in 404 404 404 404 back back back 404
/account/streams/$id/recording/progress.json       GET    in 404 404 404 404 back back back 404
/account/streams/$id/recording/exports             GET    back back back back back back back back back
/account/streams/$id/recording/exports             POST   in 404 404 404 404 403 back back 404
/account/streams/$id/recording/edit                GET    in 404 404 404 404 403 back back 404
/account/streams/$id/recording/edit                POST   in 404 404 404 404 403 back back 404
/account/streams/$id/recording/edit/reversal       GET    back back back back back back back back back
/account/streams/$id/recording/edit/reversal       POST   in 404 404 404 404 403 back back 404
/account/streams/$id/recording/chapters            GET    in 404 404 404 404 403 back back 404
/account/streams/$id/recording/chapters            POST   in 404 404 404 404 403 back back 404
/account/streams/$id/recording/picture             GET    in 404 404 404 404 403 back back 404
/account/streams/$id/recording/picture             POST   in 404 404 404 404 403 back back 404
/account/streams/$id/recording/keeping             GET    back back back back back back back back back
/account/streams/$id/recording/visibility          GET    back back back back back back back back back
/account/streams/$id/recording/keeping             POST   in 404 404 404 404 403 back back 404
/account/streams/$id/recording/visibility          POST   in 404 404 404 404 403 back back 404
/account/streams/$id/recording/deletion            GET    in 404 404 404 404 403 back back 404
/account/streams/$id/recording/deletion            POST   in 404 404 404 404 403 back back 404
/account/streams/$id/recording/restoration         GET    back back back back back back back back back
/account/streams/$id/recording/restoration         POST   in 404 404 404 404 403 back back 404
/account/streams/$id/captions                      GET    in    404  404  404  404   403  200   200  404
/account/streams/$id/captions                      POST   in    404  404  404  404   403  400   400  404
/account/streams/$id/captions/$language/removal    GET    back  back back back back  back back  back back
/account/streams/$id/captions/$language/removal    POST   in    404  404  404  404   403  back  back 404
/account/streams/$id/broadcast                     GET    back  back back back back  back back  back back
/account/streams/$id/broadcast                     POST   in    404  404  404  404   403  ·     ·    404
/account/streams/$id/broadcast                     DELETE in    404  404  404  404   back back  back 404
/account/streams/$id/rehearsal                     GET    back  back back back back  back back  back back
/account/streams/$id/rehearsal                     POST   in    404  404  404  404   403  ·     ·    404
/account/streams/$id/rehearsal                     DELETE in    404  404  404  404   403  back  back 404
/account/streams/$id/lease                         GET    back  back back back back  back back  back back
/account/streams/$id/lease                         POST   in    404  404  404  404   403  ·     ·    404
/account/streams/$id/token                         GET    back  back back back back  back back  back back
/account/streams/$id/token                         POST   in    404  404  404  404   403  ·     ·    404
/feeds/$code.ics                                   GET    404   404  404  404  404   404  404   404  404
/api/v1/openapi.json                               GET    200 200 200 200 200 200 200 200 200
/api/v1/grants                                     POST   401 401 401 401 401 401 401 401 401
/healthz                                           GET    200   200  200  200  200   200  200   200  200
/readyz                                            GET    200   200  200  200  200   200  200   200  200
/webhooks/livekit                                  GET    404   404  404  404  404   404  404   404  404
/webhooks/livekit                                  POST   401   401  401  401  401   401  401   401  401
/webhooks/chat                                     GET    404   404  404  404  404   404  404   404  404
/webhooks/chat                                     POST   401   401  401  401  401   401  401   401  401
/webhooks/mail                                     GET    404   404  404  404  404   404  404   404  404
/webhooks/mail                                     POST   401   401  401  401  401   401  401   401  401
/media/$streamId/$recordingId/index.m3u8           GET    401   403  403  403  404   404  404   404  403
/media/$streamId/$recordingId/live.m3u8            GET    401   403  403  403  404   404  404   404  403
/media/$streamId/$recordingId/$attempt/$segment.ts GET    401   403  403  403  404   404  404   404  403
/media/$streamId/$recordingId/poster.jpg           GET    401   403  403  403  404   404  404   404  403
/media/$streamId/$recordingId/sprite.json          GET    401   403  403  403  404   404  404   404  403
/media/$streamId/$recordingId/sprite-$sheet.jpg    GET    401   403  403  403  404   404  404   404  403
/media/$streamId/$recordingId/captions/$language.vtt GET    401   403  403  403  404   404  404   404  403
/media/$streamId/$recordingId/video.mp4            GET    401   403  403  403  404   404  404   404  403
/media/$streamId/$recordingId/position             POST   401   403  403  403  400   400  400   400  403
/media/$streamId/$recordingId/recorded.m3u8        GET    401   403  403  403  403   403  404   404  403
/rtc                                               GET    426   426  426  426  426   426  426   426  426
/rtc/v1                                            GET    426   426  426  426  426   426  426   426  426
/rtc/validate                                      GET    401   403  403  403  403   403  403   403  403
/rtc/v1/validate                                   GET    401   403  403  403  403   403  403   403  403
/rtc                                               SOCKET 401   403  403  403  403   403  403   403  403
/rtc/v1                                            SOCKET 401   403  403  403  403   403  403   403  403
/events?page=watch                                 SOCKET 401   101  101  101  101   101  101   101  101
/events?page=studio                                SOCKET 401   4403 4403 4403 4403  101  101   101  4403
`;

/** What a stream is in: a state of its row, or it has ended and its replay is ready. */
type State = StreamStatus | "replayable";

/** The same while the stream is in another state, for addresses that answer something else then. */
const tablesOfState: Partial<Record<State, string>> = {
  live: `
                                                          none  str  end  ban  vie   mod  host  own  oth
/$space/$experience/streams/$stream                GET    200   200  200  200  200   200  200   200  200
/$space/$experience/streams/$stream/device         GET    back  back back back back  back back  back back
/$space/$experience/streams/$stream/device         POST   in    403  403  403  done  back back  back 403
/$space/$experience/streams/$stream/calendar.ics   GET    200   200  200  200  200   200  200   200  200
/$space/$experience/streams/$stream/coming         POST   in    409  409  403  409   403  403   403  409
/$space/$experience/streams/$stream/ticket         POST   401   403  403  403  200   200  200   200  403
/rtc/validate                                      GET    401   403  403  403  200   200  200   200  403
/rtc/v1/validate                                   GET    401   403  403  403  200   200  200   200  403
/rtc                                               SOCKET 401   403  403  403  101   101  101   101  403
/rtc/v1                                            SOCKET 401   403  403  403  101   101  101   101  403
`,
  ended: `
                                                          none  str  end  ban  vie   mod  host  own  oth
/$space/$experience/streams/$stream                GET    200   200  200  200  200   200  200   200  200
/$space/$experience/streams/$stream/device         GET    back  back back back back  back back  back back
/$space/$experience/streams/$stream/device         POST   in    403  403  403  back  back back  back 403
/$space/$experience/streams/$stream/ticket         POST   401   403  403  403  409   409  409   409  403
/rtc/validate                                      GET    401   403  403  403  403   403  403   403  403
/rtc                                               SOCKET 401   403  403  403  403   403  403   403  403
`,
  replayable: `
                                                          none  str  end  ban  vie   mod  host  own  oth
/$space/$experience/streams/$stream                GET    200   200  200  200  200   200  200   200  200
/$space/$experience/streams/$stream/device         POST   in    403  403  403  done  back back  back 403
/$space/$experience/streams/$stream/ticket         POST   401   403  403  403  409   409  409   409  403
/media/$streamId/$recordingId/index.m3u8           GET    401   403  403  403  200   200  200   200  403
/media/$streamId/$recordingId/live.m3u8            GET    401   403  403  403  back  back back  back 403
/media/$streamId/$recordingId/$attempt/$segment.ts GET    401   403  403  403  200   200  200   200  403
/media/$streamId/$recordingId/poster.jpg           GET    401   403  403  403  200   200  200   200  403
/media/$streamId/$recordingId/sprite.json          GET    401   403  403  403  200   200  200   200  403
/media/$streamId/$recordingId/sprite-$sheet.jpg    GET    401   403  403  403  200   200  200   200  403
/media/$streamId/$recordingId/captions/$language.vtt GET    401   403  403  403  200   200  200   200  403
/$space/$experience/streams/$stream/chat/replay      GET    in 403 403 403 200 200 200 200 403
/$space/$experience/streams/$stream/chat/replay.json GET    in 403 403 403 200 200 200 200 403
/account/streams/$id/captions                      GET    in    404  404  404  404   403  200   200  404
/account/streams/$id/captions                      POST   in    404  404  404  404   403  400   400  404
/account/streams/$id/captions/$language/removal    POST   in    404  404  404  404   403  done  back 404
/media/$streamId/$recordingId/video.mp4            GET    401   403  403  403  200   200  200   200  403
/media/$streamId/$recordingId/position             POST   401   403  403  403  400   400  400   400  403
/media/$streamId/$recordingId/recorded.m3u8        GET    401   403  403  403  403   403  200   200  403
/account/streams/$id/recording                     GET    in 404 404 404 404 200 200 200 404
/account/streams/$id/recording/receipt.json        GET    in 404 404 404 404 200 200 200 404
/account/streams/$id/recording/progress.json       GET    in 404 404 404 404 200 200 200 404
/account/streams/$id/recording/exports             POST   in 404 404 404 404 403 back back 404
/account/streams/$id/recording/edit                GET    in 404 404 404 404 403 200 200 404
/account/streams/$id/recording/edit                POST   in 404 404 404 404 403 400 400 404
/account/streams/$id/recording/edit/reversal       POST   in 404 404 404 404 403 back back 404
/account/streams/$id/recording/chapters            GET    in 404 404 404 404 403 200 200 404
/account/streams/$id/recording/chapters            POST   in 404 404 404 404 403 400 400 404
/account/streams/$id/recording/picture             GET    in 404 404 404 404 403 200 200 404
/account/streams/$id/recording/picture             POST   in 404 404 404 404 403 400 400 404
/account/streams/$id/recording/keeping             POST   in 404 404 404 404 403 done back 404
/account/streams/$id/recording/visibility          POST   in 404 404 404 404 403 done back 404
/account/streams/$id/recording/deletion            GET    in 404 404 404 404 403 200 200 404
/account/streams/$id/recording/deletion            POST   in 404 404 404 404 403 done back 404
/account/streams/$id/recording/restoration         POST   in 404 404 404 404 403 back back 404
/rtc/validate                                      GET    401   403  403  403  403   403  403   403  403
/rtc                                               SOCKET 401   403  403  403  403   403  403   403  403
`,
};

const rowsOf = (lines: string, status: State = "scheduled") =>
  lines
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => {
      const [address = "", method = "", ...answers] = line.trim().split(/\s+/);
      return { address, method, answers, status };
    });
const rows = rowsOf(table);
const rowsOfState = Object.entries(tablesOfState).flatMap(([status, lines]) =>
  rowsOf(lines, status as State),
);

const tab = "tab-of-the-tests";

/** What the scripts of a page send is read before the one query that does it and asks who may: it is sent whole. */
const chat = "/$space/$experience/streams/$stream/chat";
const forms: Record<string, Record<string, string>> = {
  "/$space/$experience/streams/$stream/ticket": { tab },
  [`${chat}/write`]: { id: "01a00000-0000-4000-8000-000000000002", text: "Hello" },
  [`${chat}/messages`]: { id: "01a00000-0000-4000-8000-000000000001", text: "Hello" },
  [`${chat}/messages/$message/pin`]: { pinned: "1" },
  [`${chat}/messages/$message/reaction`]: { kind: "heart", on: "1" },
  [`${chat}/people/$person/timeout`]: { minutes: "5" },
  [`${chat}/people/$person/ban`]: { scope: "stream" },
  "/account/space/blocked-words": { words: "badger" },
  [`${chat}/settings`]: { slowModeSeconds: "10" },
  "/account/streams/$id/broadcast": { tab, live_key: "01a00000-0000-4000-8000-000000000000", record: "no" },
  "/account/streams/$id/rehearsal": { tab },
  "/account/streams/$id/note": { note: "Bring your own footage." },
  "/account/streams/$id/recording/picture": { at: "never" },
  "/account/streams/$id/recording/visibility": { hidden: "yes" },
  "/account/streams/$id/recording/keeping": { kept: "yes" },
  "/account/streams/$id/lease": { tab, take_over: "yes" },
  "/account/streams/$id/token": { tab },
};

async function insertHouse(status: State = "scheduled") {
  const house = await insertPeople(web.db, { status: status === "replayable" ? "live" : status });
  const recordingId = status === "replayable" ? await makeReplayable(house.stream.id) : randomUUID();
  await insertSeries(web.db, {
    experienceId: house.experience.id,
    createdBy: house.people.owner.id,
    streamId: house.stream.id,
  });
  const invite = await insertInvite(web.db, web.services.queue, {
    spaceId: house.space.id,
    actorId: house.people.owner.id,
    email: `${unique("invited")}@example.com`,
    role: "moderator",
  });
  if (!invite.ok) throw new Error(invite.reason);
  const messageId = await insertMessage(house.stream.id, house.people.viewer.id);
  const machines = await insertMachines(web.db, {
    spaceId: house.space.id,
    actorId: house.people.owner.id,
  });
  const ban = await web.db
    .selectFrom("space_bans")
    .select("id")
    .where("space_id", "=", house.space.id)
    .executeTakeFirstOrThrow();
  const importId = await insertImport(web.db, {
    spaceId: house.space.id,
    passId: house.pass.id,
    madeBy: house.people.owner.id,
  });
  const requester = await insertUser(web.db);
  const request = await web.db
    .insertInto("access_pass_requests")
    .values({ access_pass_id: house.pass.id, user_id: requester.id, price_minor: 100, currency: "EUR" })
    .returning("id")
    .executeTakeFirstOrThrow();
  const link = await insertLink(web.db, web.services.config.sessionSecrets, {
    ...{ spaceId: house.space.id, passId: house.pass.id, actorId: house.people.owner.id },
    fields: { name: "A link", mostUses: null, endsAt: null, formKey: randomUUID() },
  });
  if (!link.ok) throw new Error(link.reason);
  return {
    ...house,
    ...machines,
    recordingId,
    linkId: link.linkId,
    banId: ban.id,
    inviteId: invite.inviteId,
    messageId,
    requestId: request.id,
    importId,
  };
}

/** Ends a live stream that was recorded, and makes its replay and its MP4. */
async function makeReplayable(streamId: string): Promise<string> {
  const { recordingId } = await insertStoppedRecording(web.services, streamId);
  await finalizeRecording(web.services, { recordingId });
  const exports = await web.db.selectFrom("streaming_recording_exports").select("id").execute();
  for (const { id } of exports) await runExport(web.services, { exportId: id });
  const { created_by } = await web.db
    .selectFrom("streams")
    .select("created_by")
    .where("id", "=", streamId)
    .executeTakeFirstOrThrow();
  const file = Buffer.from("WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n");
  const of = { streamId, recordingId, language: "de" };
  await addCaptions(web.db, of, { file, fileName: "de.vtt", actorId: created_by, seen: 0 });
  return recordingId;
}

/** Something that a viewer said. */
async function insertMessage(streamId: string, userId: string): Promise<string> {
  const id = randomUUID();
  await web.db.insertInto("streaming_chat_rooms").values({ stream_id: streamId, last_number: 1 }).execute();
  const said = { id, stream_id: streamId, number: 1, user_id: userId, role: "viewer", text: "Hello" };
  await web.db
    .insertInto("streaming_chat_messages")
    .values({ ...said, said_at: new Date() })
    .execute();
  return id;
}

/** A route's address with the ids and names of the house. */
function fill(address: string, house: House): string {
  const { space, experience, stream, pass, grant, people, banId, inviteId, messageId, requestId } = house;
  return address
    .replace(/^\/account\/passes\/\$id/, `/account/passes/${pass.id}`)
    .replace(/\/experiences\/\$id/, `/experiences/${experience.id}`)
    .replace(/\/streams\/\$id/, `/streams/${stream.id}`)
    .replace("$grant", grant.id)
    .replace("$request", requestId)
    .replace("$import", house.importId)
    .replace("$link", house.linkId)
    .replace("$passCode", codeOf(web.services.config.sessionSecrets, house.linkId))
    .replace("$key", house.keyId)
    .replace("$endpoint", house.endpointId)
    .replace("$delivery", house.deliveryId)
    .replace("$member", people.moderator!.id)
    .replace("$ban", banId)
    .replace("$invite", inviteId)
    .replace(
      "/mail/unsubscribe/$choice/$code",
      stopPath(web.services.config.sessionSecrets, people.viewer.id, "reminder"),
    )
    .replace("$code", linkCode(web.services.config.sessionSecrets, "invite", inviteId))
    .replace("$message", messageId)
    .replace("$person", people.viewer.id)
    .replace("$streamId", stream.id)
    .replace("$recordingId", house.recordingId)
    .replace("$language", "de")
    .replace("$sheet", "0")
    .replace("$attempt/$segment", "1/0")
    .replace("$number", "1")
    .replace("$space", space.slug)
    .replace("$pass", pass.slug)
    .replace("$experience", experience.slug)
    .replace("$stream", stream.slug);
}

type Asked = { address: string; method: string; path: string; streamId: string };

const isGate = (address: string) => address.startsWith("/rtc");

/**
 * What each has in their hands before the signal gate: an identity of their own session and a ticket for it, whatever the
 * decision says; and who may watch what is live the place of their device.
 */
async function giveTickets({ people, stream }: House, cookies: Partial<Record<Who, string>>) {
  const { sessionSecrets, roomCeiling } = web.services.config;
  const mint = { ...web.services.livekit, sessionSecrets, roomCeiling };
  const tickets: Partial<Record<Who, string>> = {};
  for (const who of order) {
    const token = readCookie(cookies[who], "session");
    const viewer = token && (await findViewer(web.db, token));
    if (!viewer) continue;
    const mine = { streamId: stream.id, userId: people[who]!.id, sessionId: viewer.sessionId, tab };
    await mintViewerTicket(web.db, mint, mine);
    const identity = await claimViewerIdentity(web.db, mine);
    tickets[who] = (await mintTicket(mint, { streamId: stream.id, identity, role: "viewer" })).token;
  }
  return tickets;
}

/** What the gate answers: a status of its own, or 101. */
async function askGate(
  { method, path }: Asked,
  cookie: string | undefined,
  ticket = "none",
): Promise<string> {
  const asked = `${path}?access_token=${ticket}&protocol=15&join_request=${joinRequest}`;
  if (method === "GET")
    return String((await web.fetch(asked, { cookie, headers: { origin: web.url } })).status);
  const signal = openSignal(web.url, { token: ticket, cookie, path });
  const status = await signal.status;
  signal.socket.terminate();
  return String(status);
}

/** What somebody is answered: a status, the code that closes a socket, or where they are sent. */
async function ask({ address, method, path, streamId }: Asked, cookie: string | undefined): Promise<string> {
  if (method === "SOCKET") {
    const page = openPage(web.url, { streamId, cookie, tab, page: path.split("=")[1] });
    const status = await page.status;
    if (status !== 101) return String(status);
    // Whoever is let in is told the state, or why not.
    await Promise.race([page.state(), page.closed()]);
    page.socket.close(1000);
    const { code } = await page.closed();
    return code === 1000 ? "101" : String(code);
  }
  const form = method === "DELETE" ? { _method: "delete" } : (forms[address] ?? {});
  const { status, location } = method === "GET" ? await visit(path, cookie) : await post(path, cookie, form);
  if (status < 300 || status > 399) return String(status);
  if (location?.startsWith("/account/space/new")) return "new";
  if (!location?.startsWith("/sign-in")) return "sent";
  if (method === "GET") expect(location).toBe(`/sign-in?to=${encodeURIComponent(path)}`);
  return "in";
}

/** One house for row after row, until somebody changes something in it. */
let open:
  | {
      house: House;
      status: State;
      cookies: Partial<Record<Who, string>>;
      tickets?: Partial<Record<Who, string>>;
      all: string;
    }
  | undefined;

async function openHouse(status: State) {
  if (open?.status === status) return open;
  // Each row compares everything that there is.
  await sql`truncate users, spaces, pgboss.job cascade`.execute(web.db);
  const house = await insertHouse(status);
  const cookies: Partial<Record<Who, string>> = {};
  for (const who of order) cookies[who] = await cookieOf(house.people[who]);
  return (open = { house, status, cookies, all: await everything(web.db) });
}

it.each([...rows, ...rowsOfState])(
  "$method $address of a stream that is $status answers each kind of person as it should",
  async ({ address, method, answers, status }) => {
    const now = await openHouse(status);
    const path = fill(address, now.house);
    if (isGate(address) || address.endsWith("/ticket")) {
      now.tickets ??= await giveTickets(now.house, now.cookies);
      now.all = await everything(web.db);
    }
    if (status === "replayable" && answers[order.indexOf("viewer")] === "200") {
      // The first request takes the place of their device.
      await visit(path, now.cookies.viewer);
      now.all = await everything(web.db);
    }
    const last = answers.findLastIndex((answer) => answer !== "·");
    const given: string[] = [];
    for (const [index, who] of order.entries()) {
      if (answers[index] === "·") {
        given.push("·");
        continue;
      }
      const asked = { address, method, path, streamId: now.house.stream.id };
      const answer = isGate(address)
        ? await askGate(asked, now.cookies[who], now.tickets?.[who])
        : await ask(asked, now.cookies[who]);
      // Where nobody is sent on after something was done, one look at the end says it of everybody.
      const looks = answer === "sent" || index === last;
      const all = looks ? await everything(web.db) : now.all;
      const changed = all === now.all ? "" : differenceOf(now.all, all);
      now.all = all;
      if (changed) open = undefined;
      if (answer === "sent") given.push(changed ? "done" : "back");
      else given.push(changed ? `${answer} and somebody changed something (${changed})` : answer);
    }
    expect(given.join(" ")).toBe(answers.join(" "));
  },
);

/** What `everything` says otherwise than before: the rows that came, and those that went. */
function differenceOf(before: string, after: string): string {
  const [old, now] = [before, after].map((text) =>
    (JSON.parse(text) as unknown[]).map((part) => (Array.isArray(part) ? part : [part])),
  ) as [unknown[][], unknown[][]];
  const only = (mine: unknown[][], theirs: unknown[][]) =>
    mine.flatMap((rows, at) => {
      const others = new Set(theirs[at]?.map((row) => JSON.stringify(row)));
      return rows.map((row) => JSON.stringify(row)).filter((row) => !others.has(row));
    });
  return `new: ${only(now, old).join()}; gone: ${only(old, now).join()}`;
}

const app = path.join(import.meta.dirname, "../../app");
const sourceOf = (file: string) => readFile(path.join(app, file), "utf8");

/** Each route file with its address and methods; DELETE is a form that says so. */
async function listRouteFiles() {
  const files = await readdir(path.join(app, "routes"));
  return Promise.all(
    files.map(async (file) => {
      const source = await sourceOf(`routes/${file}${file.includes(".ts") ? "" : "/route.tsx"}`);
      const words = file.replace(/\.tsx?$/, "").replace(/(^|\.)_index$/, "");
      const takesForms = /^export (async )?(function|const) action\b/m.test(source);
      const methods = ["GET", takesForms && "POST", source.includes("isDelete(") && "DELETE"];
      return {
        address: `/${words.replaceAll("[.]", "\0").replaceAll(".", "/").replace("\0", ".")}`,
        methods: methods.filter((method) => method !== false),
      };
    }),
  );
}

/** What the server answers before Remix, and where: each handler in the words of the table. */
async function listMachineAddresses(): Promise<string[]> {
  const found: string[] = [];
  for (const [file, prefix] of [
    ["app", ""],
    ["announcements", ""],
    ["calendars", ""],
    ["media", "/media"],
    ["media-aside", "/media"],
    ["webhooks", "/webhooks"],
  ] as const) {
    const source = await sourceOf(`server/${file}.ts`);
    for (const [, method = "", address = ""] of source.matchAll(/\b(?:app|router)\.(\w+)\(\s*"(\/[^"]*)"/g)) {
      const plain = address.replaceAll(/\([^)]*\)/g, "").replaceAll(":", "$");
      found.push(`${method.toUpperCase()} ${prefix}${plain}`);
    }
  }
  return found;
}

it("every route file has its row, one that takes forms a row for them, and every row its route", async () => {
  const [files, machines] = [await listRouteFiles(), await listMachineAddresses()];
  const routes = files.flatMap(({ address, methods }) => methods.map((method) => `${method} ${address}`));
  // What is mounted as a whole: built files, the two routers whose addresses are listed one by one, and the API, whose
  // other addresses have a test of their own, which knows no people but keys.
  const mounts = ["USE /api/v1", "USE /assets", "USE /media", "USE /webhooks"];
  expect([...new Set(machines.filter((machine) => machine.startsWith("USE ")))].sort()).toEqual(mounts);
  const endpoints = machines.filter((machine) => !machine.startsWith("USE "));
  const api = ["GET /api/v1/openapi.json", "POST /api/v1/grants"];
  const gate = gatePaths.flatMap((path) =>
    isValidatePath(path) ? [`GET ${path}`] : [`GET ${path}`, `SOCKET ${path}`],
  );
  const sockets = ["SOCKET /events?page=watch", "SOCKET /events?page=studio"];
  // Two kinds of invitation share an address.
  const links = ["GET /invites/$passCode", "POST /invites/$passCode"];
  const wanted = [
    ...routes,
    ...links,
    ...endpoints,
    "GET /webhooks/livekit",
    "GET /webhooks/chat",
    "GET /webhooks/mail",
    ...api,
    ...sockets,
    ...gate,
  ];
  expect(rows.map(({ method, address }) => `${method} ${address}`).sort()).toEqual(wanted.sort());
  const known = rows.map(({ address }) => address);
  for (const { address } of rowsOfState) expect(known).toContain(address);
  for (const { address, answers } of [...rows, ...rowsOfState])
    expect([address, answers.length]).toEqual([address, order.length]);
});

/** What stands before all addresses, by its first words in the source: each either answers nothing by itself, or is told here. */
const pathless = {
  app: [
    "identify(services)",
    // The gate's four addresses, which have rows.
    "gateAddresses(gate)",
    "strictTransportSecurity(",
    "helmet(",
    "compression()",
    "publicFiles(clientFolder)",
    // Calendars, whose two addresses have rows.
    "calendarsRouter(services)",
    "(_, response, next)",
    "refuseCrowds(",
    "refuseUnreadable, refuseNul,",
    // Its addresses have rows.
    "announcementsRouter(services)",
    "(error: unknown,",
  ],
  announcements: ["(error: unknown,"],
  media: ["refuseCrowds(", "(_request, response)", "(error: unknown,"],
  webhooks: ["(_request: Request, response: Response)", "(error: unknown,"],
  "gate-main": ["(request, response, next)"],
};

it("whatever is mounted without an address is known", async () => {
  for (const [file, known] of Object.entries(pathless)) {
    const source = await sourceOf(`server/${file}.ts`);
    const found = [...source.matchAll(/\b(?:app|router)\.(?:use|all)\(\s*(?!["'\s])([^\n]*)/g)].map(
      ([, words = ""]) => words,
    );
    expect([file, found.length]).toEqual([file, known.length]);
    found.forEach((words, at) => expect(words).toContain(known[at]));
  }
});

it("a form sent to a page that takes none is refused, and changes nothing", async () => {
  const house = await insertHouse();
  const pages = (await listRouteFiles()).filter(({ methods }) => !methods.includes("POST"));
  expect(pages.length).toBeGreaterThan(10);
  for (const who of ["nobody", "viewer", "owner"] as const) {
    const cookie = await cookieOf(house.people[who]);
    const before = await everything(web.db);
    for (const { address } of pages) {
      const { status } = await post(fill(address, house), cookie, { name: "Changed" });
      expect([who, address, status]).toEqual([who, address, 405]);
    }
    expect(await everything(web.db)).toBe(before);
  }
});
