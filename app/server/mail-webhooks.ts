import { z } from "zod";
import type { MailEvent } from "#app/domain/mail/failures.ts";

/** So many events in one delivery. */
const most = 500;

const event = z.object({
  kind: z.enum(["bounce", "complaint"]),
  address: z.string().min(3).max(254),
  permanent: z.boolean().default(true),
  code: z.string().max(200).default(""),
  messageId: z.string().max(300).default(""),
});
const delivery = z.object({ events: z.array(event).min(1).max(most) });

/** What a provider told, or undefined for what is not in the format that README.md describes. */
export function readMailEvents(body: string): MailEvent[] | undefined {
  let said: unknown;
  try {
    said = JSON.parse(body);
  } catch {
    return undefined;
  }
  const read = delivery.safeParse(said);
  if (!read.success) return undefined;
  return read.data.events.map((one) => ({
    ...one,
    address: plain(one.address).trim(),
    code: plain(one.code),
    messageId: plain(one.messageId),
  }));
}

/** Postgres takes neither. */
const plain = (text: string) => text.replaceAll("\0", "").toWellFormed();
