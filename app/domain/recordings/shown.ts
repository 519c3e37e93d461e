import { sql } from "kysely";

/**
 * In a query that has a recording as `r`: whether it is neither hidden nor deleted. Its own team (`asTeam`) sees what is
 * hidden; what was deleted is gone for them too until they restore it.
 */
export const notWithheld = ({ asTeam = false } = {}) =>
  asTeam ? sql<boolean>`r.deleted_at is null` : sql<boolean>`(r.deleted_at is null and r.hidden_at is null)`;

/** Whether it is a replay that can be seen. Not whether somebody may watch the stream. */
export const isShown = (whom: { asTeam?: boolean } = {}) =>
  sql<boolean>`(r.status = 'ready' and ${notWithheld(whom)})`;
