import type { Services } from "#app/context.ts";
import type { JobName, JobPayload } from "#app/jobs/catalog.ts";
import { accessEnforce } from "./access-enforce.ts";
import { accessEnforceExperiences } from "./access-enforce-experiences.ts";
import { grantImport } from "./grant-import.ts";
import { grantMail } from "./grant-mail.ts";
import { chatCompare } from "./chat-compare.ts";
import { inviteMail } from "./invite-mail.ts";
import { mailWake } from "./mail-wake.ts";
import { moderationEnforce } from "./moderation-enforce.ts";
import { passOffer } from "./pass-offer.ts";
import { passOfferMail } from "./pass-offer-mail.ts";
import { passRequestMail } from "./pass-request-mail.ts";
import { recordingCopy } from "./recording-copy.ts";
import { recordingExport } from "./recording-export.ts";
import { recordingFinalize } from "./recording-finalize.ts";
import { recordingRemove } from "./recording-remove.ts";
import { recordingRuleMail } from "./recording-rule-mail.ts";
import { recordingStart } from "./recording-start.ts";
import { recordingStop } from "./recording-stop.ts";
import { recordingStopAttempt } from "./recording-stop-attempt.ts";
import { roomSweep } from "./room-sweep.ts";
import { signInMail } from "./sign-in-mail.ts";
import { streamCloseRoom } from "./stream-close-room.ts";
import { teamOwnerLeftMail } from "./team-owner-left-mail.ts";
import { webhookDeliver } from "./webhook-deliver.ts";
import { webhookOffMail } from "./webhook-off-mail.ts";
import { webhookProcess } from "./webhook-process.ts";

/** What does a job: may run twice, late, and at once with itself. It rejects when the job should be tried again. */
export type Handler<Name extends JobName> = (services: Services, payload: JobPayload<Name>) => Promise<void>;

/** One for each job of the catalog: a job without a handler does not compile. */
export const handlers: { [Name in JobName]: Handler<Name> } = {
  "recording.start": recordingStart,
  "recording.stop": recordingStop,
  "recording.stop-attempt": recordingStopAttempt,
  "recording.finalize": recordingFinalize,
  "recording.copy": recordingCopy,
  "recording.export": recordingExport,
  "recording.remove": recordingRemove,
  "recording.rule-mail": recordingRuleMail,
  "webhook.process": webhookProcess,
  "webhook.deliver": webhookDeliver,
  "webhook.off-mail": webhookOffMail,
  "stream.close-room": streamCloseRoom,
  "moderation.enforce": moderationEnforce,
  "chat.compare": chatCompare,
  "room.sweep": roomSweep,
  "invite.mail": inviteMail,
  "team.owner-left-mail": teamOwnerLeftMail,
  "sign-in.mail": signInMail,
  "mail.wake": mailWake,
  "grant.mail": grantMail,
  "grant.import": grantImport,
  "access.enforce": accessEnforce,
  "access.enforce-experiences": accessEnforceExperiences,
  "pass.offer": passOffer,
  "pass.offer-mail": passOfferMail,
  "pass.request-mail": passRequestMail,
};
