import { sendOwnerLeftLetter } from "#app/domain/teams/former-owner.ts";
import type { Handler } from "./index.ts";

export const teamOwnerLeftMail: Handler<"team.owner-left-mail"> = ({ db, mailer, config }, ids) =>
  sendOwnerLeftLetter({ db, mailer, publicUrl: config.publicUrl }, ids);
