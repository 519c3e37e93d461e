import { z } from "zod";
import type { MailEvent } from "#app/domain/mail/failures.ts";
import { emailAddress } from "#app/domain/text.ts";

/** So many events in one delivery. */
const most = 500;

const event = z.object({
  kind: z.enum(["bounce", "complaint"]),
  address: emailAddress,
  permanent: z.boolean().default(true),
  code: z.string().max(200).default(""),
  messageId: z.string().max(300).default(""),
});
const delivery = z.object({ events: z.array(event).min(1).max(most) });

/**
 * What a provider told, its addresses as people here have theirs; or, in a sentence, what is not in the format that README.md
 * describes. An address that is none (with a name, say) would otherwise be taken and never found.
 */
export function readMailEvents(
  body: string,
): { ok: true; events: MailEvent[] } | { ok: false; message: string } {
  let said: unknown;
  try {
    said = JSON.parse(body);
  } catch {
    return { ok: false, message: "That is no JSON." };
  }
  const read = delivery.safeParse(said);
  if (read.success) {
    const events = read.data.events.map((one) => ({
      ...one,
      code: plain(one.code),
      messageId: plain(one.messageId),
    }));
    return { ok: true, events };
  }
  const [, number, field] = read.error.issues[0]?.path ?? [];
  if (typeof number !== "number")
    return { ok: false, message: `That is no event of ours: "events" is a list of 1 to ${most}.` };
  const which = `Event ${number + 1} of ${(said as { events: unknown[] }).events.length}`;
  const message =
    field === "address"
      ? `${which} has no mail address: "address" is one, without a name, like name@example.com.`
      : `${which} is in another format${typeof field === "string" ? `, at "${field}"` : ""}.`;
  return { ok: false, message: `${message} Nothing of it was taken.` };
}

/** Postgres takes neither. */
const plain = (text: string) => text.replaceAll("\0", "").toWellFormed();
