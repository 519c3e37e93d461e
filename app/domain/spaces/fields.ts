import { z } from "zod";
import { oneLine, severalLines, toSlug } from "../text.ts";
import { isReservedForSpaces } from "./reserved.ts";

export const spaceName = oneLine({ most: 80, what: "The name" });
export const description = severalLines({ most: 5000, what: "The description" });

const slugPattern = /^[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?$/;

/** The address of a space as somebody typed it; empty stays empty, for where one may be suggested. */
export const spaceSlug = z
  .string()
  .default("")
  .transform((text) => text.normalize("NFKC").trim().replace(/^\//, "").toLowerCase())
  .superRefine((slug, refinement) => {
    const said = slug === "" ? undefined : slugProblem(slug);
    if (said) refinement.addIssue({ code: "custom", message: said });
  });

function slugProblem(slug: string): string | undefined {
  if (isReservedForSpaces(slug)) return `Frontrow uses “${slug}” itself. Choose another address.`;
  if (slugPattern.test(slug)) return undefined;
  if (slug.length > 48) return "The address is too long: at most 48 characters.";
  const near = toSlug(slug);
  const rule = "An address has small letters from a to z, digits, and hyphens between them";
  return near && !isReservedForSpaces(near) ? `${rule}: for example ${near}.` : `${rule}.`;
}

/** The form of a new space. Without an address, one is made from the name. */
export const newSpaceForm = z.object({ name: spaceName, slug: spaceSlug, description });

export const spaceForm = z.object({
  name: spaceName,
  slug: spaceSlug.refine((slug) => slug !== "", "The address is missing."),
  description,
});

export const profileForm = z.object({
  username: z
    .string()
    .default("")
    .transform((text) => text.normalize("NFKC").trim().replace(/^@/, "").toLowerCase())
    .refine((text) => text !== "", "The user name is missing.")
    .refine(
      (text) => text === "" || /^[a-z0-9][a-z0-9_-]{1,38}$/.test(text),
      "A user name has 2 to 39 small letters from a to z, digits, hyphens or underscores, and begins with a letter or digit.",
    ),
  bio: severalLines({ most: 2000, what: "The text about you" }),
});

/** Closing a space asks for its address, typed. */
export const spaceClosingForm = z.object({
  address: z
    .string()
    .default("")
    .transform((text) => text.trim().replace(/^\//, "").toLowerCase())
    .refine((text) => text !== "", "Type the space's address to close it."),
});
