import { sendOffLetter } from "#app/domain/outgoing-webhooks/letter.ts";
import type { Handler } from "./index.ts";

export const webhookOffMail: Handler<"webhook.off-mail"> = ({ db, mailer, config }, { endpointId }) =>
  sendOffLetter({ db, mailer, publicUrl: config.publicUrl }, { endpointId });
