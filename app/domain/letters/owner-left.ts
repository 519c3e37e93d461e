import { isolate } from "./words.ts";

type Words = {
  spaceName: string;
  /** Who is no owner any more. */
  email: string;
  /** `host`: whose server it is; the whole address may hold a key. */
  endpoints: { host: string; page: string }[];
  links: { name: string; passName: string; page: string }[];
  /** All on one page. */
  keys: { names: string[]; page: string };
};

/** The letter to the owners of a space: somebody is no owner any more, and what was theirs has stopped. */
export function ownerLeftLetter({ spaceName, email, endpoints, links, keys }: Words): {
  subject: string;
  text: string;
} {
  const space = isolate(spaceName);
  const webhooks = endpoints.map(({ host, page }) => `  - to ${host}\n    ${page}`);
  const invites = links.map(
    ({ name, passName, page }) => `  - ${isolate(name)}, for the pass ${isolate(passName)}\n    ${page}`,
  );
  const programs = keys.names.map((name) => `  - ${isolate(name)}`);
  const parts = [
    webhooks.length > 0 &&
      `These webhooks were theirs and are switched off: nothing more is sent there. Any owner of ${space} can switch
one on again on its page, and it is that owner's then. Make sure first that the server is still one of yours.

${webhooks.join("\n")}`,
    invites.length > 0 &&
      `These invite links were theirs and are revoked: they give the pass to nobody any more. Who took it by one keeps it. Any
owner can make a new link on the page of the pass's links.

${invites.join("\n")}`,
    programs.length > 0 &&
      `These API keys were theirs and are revoked: what uses one is refused. Any owner can make a new one on the page of
the keys: ${keys.page}

${programs.join("\n")}`,
  ];
  return {
    subject: `Switched off in ${spaceName}: what belonged to a former owner`,
    text: `${email} is no longer an owner of ${space}.

${parts.filter(Boolean).join("\n\n")}

This goes to all owners of ${space}.

Frontrow
`,
  };
}
