import { roleWords } from "../teams/rights.ts";
import type { SpaceRole } from "#db/types.ts";

type Words = {
  spaceName: string;
  role: SpaceRole;
  invitedBy: string;
  email: string;
  link: string;
  until: Date;
};

const months = "January February March April May June July August September October November December".split(
  " ",
);

/** The letter that invites somebody to a team. The role's words say what they would do. */
export function inviteLetter({ spaceName, role, invitedBy, email, link, until }: Words): {
  subject: string;
  text: string;
} {
  const { name, may } = roleWords[role];
  const day = `${until.getUTCDate()} ${months[until.getUTCMonth()]} ${until.getUTCFullYear()}`;
  return {
    subject: `You are invited to the team of ${spaceName} on Frontrow`,
    text: `${invitedBy} invites you to the team of ${spaceName}, as ${name.toLowerCase()}.

${may}

See the invitation, and accept it, here:
${link}

It is for ${email}, and works until ${day}. If you do not know what this is about, there is nothing to do.

Frontrow
`,
  };
}
