import { goLive } from "#tests/browser/people.ts";
import { insertPeople } from "#tests/factories.ts";
import type { World } from "./world.ts";

/** A stream with its people, its host live in a studio of their own. */
export async function openHouse({ person, db }: Pick<World, "person" | "db">) {
  const house = await insertPeople(db, { status: "scheduled" });
  const studio = await (await person({ userId: house.people.host.id })).newPage();
  await studio.goto(`/account/streams/${house.stream.id}`);
  await goLive(studio);
  return { ...house, studio };
}
