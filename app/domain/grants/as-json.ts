import type { SpaceGrant } from "./of-space.ts";

/** A grant as the API and webhooks say it. */
export const grantAsJson = (grant: SpaceGrant) => ({
  id: grant.id,
  pass_id: grant.passId,
  email: grant.email,
  status: grant.status,
  source: grant.source,
  starts_at: grant.startsAt.toISOString(),
  ends_at: grant.endsAt?.toISOString() ?? null,
  created_at: grant.createdAt.toISOString(),
  status_changed_at: grant.statusChangedAt.toISOString(),
});
