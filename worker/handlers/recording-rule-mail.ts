import { sendRuleLetter } from "#app/domain/recordings/rule-letter.ts";
import type { Handler } from "./index.ts";

export const recordingRuleMail: Handler<"recording.rule-mail"> = ({ db, mailer, config }, ids) =>
  sendRuleLetter({ db, mailer, publicUrl: config.publicUrl }, ids);
