import type { SpacePass } from "./of-space.ts";

/** A pass as the API says it. */
export const passAsJson = (pass: SpacePass) => ({
  id: pass.id,
  name: pass.name,
  description: pass.description,
  price: { amount_minor: pass.priceMinor, currency: pass.currency },
  term: termAsJson(pass),
  at_expiry: pass.atExpiry,
  experience_ids: pass.experienceIds,
  holders: pass.holders,
  created_at: pass.createdAt.toISOString(),
  retired_at: pass.retiredAt?.toISOString() ?? null,
  path: pass.path,
});

function termAsJson({ term, termDays, termUntil, termTimeZone }: SpacePass) {
  if (term === "days") return { kind: term, days: termDays ?? 0 };
  if (term === "until")
    return { kind: term, until: termUntil?.toISOString() ?? "", time_zone: termTimeZone ?? "UTC" };
  return { kind: term };
}
