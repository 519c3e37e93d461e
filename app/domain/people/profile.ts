import type { Db } from "#db/client.ts";

/** Writes how a person wants to be called and the zone their times are shown in (null: their browser's). */
export async function updateProfile(
  db: Db,
  { userId, name, timeZone }: { userId: string; name: string; timeZone: string | null },
): Promise<void> {
  await db.updateTable("users").set({ name, time_zone: timeZone }).where("id", "=", userId).execute();
}
