import { createHash } from "node:crypto";
import { linkCode } from "../people/link-codes.ts";

/** What is kept of a link's code, and what it is found by. */
export const hashOf = (code: string): Buffer => createHash("sha256").update(code).digest();

/** The code of a new link. */
export const codeOf = (secrets: string[], linkId: string): string => linkCode(secrets, "pass", linkId);

/**
 * The code of a link that there is, for its creator, who hands it on again and again: so it is made anew from the id and
 * not shown once only. A copy of the database has no codes. A link may live for years, longer than a secret of the
 * server: then it works as before, because it is found by its hash, and can no longer be shown (undefined).
 */
export function shownCode(
  secrets: string[],
  { id, codeHash }: { id: string; codeHash: Buffer },
): string | undefined {
  return secrets.map((secret) => codeOf([secret], id)).find((code) => hashOf(code).equals(codeHash));
}
