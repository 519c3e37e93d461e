import { z } from "zod";
import { isPublicAddress } from "#app/services/public-addresses.ts";
import { eventTypes } from "./event-types.ts";

/** The form of an endpoint. `allowPrivate`: also http, and addresses of private networks. */
export function endpointForm({ allowPrivate }: { allowPrivate: boolean }) {
  return z.object({
    url: z
      .string()
      .default("")
      .transform((text) => text.trim())
      .superRefine((text, refinement) => {
        const sentence = whyNoAddress(text, allowPrivate);
        if (sentence) refinement.addIssue({ code: "custom", message: sentence });
      }),
    events: z
      .array(z.enum(eventTypes, "This is not one of the choices."))
      .default([])
      .refine((chosen) => chosen.length > 0, "Choose at least one thing to be told of."),
  });
}

export const newEndpointForm = (rules: { allowPrivate: boolean }) =>
  endpointForm(rules).extend({ formKey: z.uuid("This form is not complete. Reload the page.") });

/** What is a name is judged when a connection is made: here is only said early what can be seen. */
function whyNoAddress(text: string, allowPrivate: boolean): string | undefined {
  if (text === "") return "The address is missing.";
  if (text.length > 2000) return "The address is too long: at most 2,000 characters.";
  if (!URL.canParse(text)) return "This is not an address. It looks like https://example.com/webhooks.";
  const { protocol, hostname, username, password, hash } = new URL(text);
  if (protocol !== "https:" && !(allowPrivate && protocol === "http:"))
    return "The address must begin with https://.";
  if (username || password)
    return "Leave the name and password out of the address: the signature proves that it is us.";
  if (hash) return "Leave out what comes after the #: no server gets to see it.";
  if (allowPrivate) return undefined;
  const host = hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  const numbers = /^[\d.]+$/.test(host) || host.includes(":");
  if (numbers ? !isPublicAddress(host) : /(^|\.)localhost$/.test(host) || !host.includes("."))
    return "This address is not on the public internet, and we do not send anything there.";
  return undefined;
}
