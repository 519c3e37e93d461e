import type { SpacePass } from "./of-space.ts";

/** A pass as the API says it. */
export const passAsJson = (pass: SpacePass) => ({
  id: pass.id,
  name: pass.name,
  description: pass.description,
  stock: pass.stock,
  sale: {
    open: pass.onSale,
    starts_at: pass.saleStartsAt?.toISOString() ?? null,
    ends_at: pass.saleEndsAt?.toISOString() ?? null,
  },
  price: { amount_minor: pass.priceMinor, currency: pass.currency },
  term: termAsJson(pass),
  at_expiry: pass.atExpiry,
  devices_at_once: pass.devices,
  experience_ids: pass.experienceIds,
  holders: pass.holders,
  created_at: pass.createdAt.toISOString(),
  retired_at: pass.retiredAt?.toISOString() ?? null,
  path: pass.path,
});

function termAsJson({ term, termDays, termMonths, termUntil, termTimeZone }: SpacePass) {
  if (term === "days") return { kind: term, days: termDays ?? 0 };
  if (term === "months") return { kind: term, months: termMonths ?? 0, time_zone: termTimeZone ?? "UTC" };
  if (term === "until")
    return { kind: term, until: termUntil?.toISOString() ?? "", time_zone: termTimeZone ?? "UTC" };
  return { kind: term };
}
