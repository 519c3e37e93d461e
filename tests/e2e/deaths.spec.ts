import { goLive } from "#tests/browser/people.ts";
import { advances } from "#tests/browser/picture.ts";
import { insertPeople } from "#tests/factories.ts";
import { expect, expectBegins, expectStartedAgain, pidOf, test, type World } from "./world.ts";

/** What a browser says about a server that is not there. */
const expects = [
  /ERR_CONNECTION|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_SOCKET|WebSocket connection to|status of 50[23]/,
  // Remix asks for the routes of links that come into the page, and says so when nobody answers.
  /Failed to fetch manifest patches/,
];

const ready = async () => {
  try {
    return (await fetch(`${process.env.PUBLIC_URL}/readyz`)).status;
  } catch {
    return 0;
  }
};

async function goOnAir(person: World["person"], db: World["db"]) {
  const { people, path: address, stream } = await insertPeople(db, { status: "scheduled" });
  const studio = await (await person({ userId: people.host.id, expects })).newPage();
  await studio.goto(`/account/streams/${stream.id}`);
  await goLive(studio);
  const watching = await (await person({ userId: people.viewer.id, expects })).newPage();
  await watching.goto(address);
  const camera = watching.getByLabel("The host's camera");
  await expect(camera).toBeVisible();
  await expectBegins(camera);
  return { stream, address, studio, watching, camera };
}

test(
  "a stream goes on while web is killed and started again, and open pages come back by themselves",
  { tag: "@alone" },
  async ({ person, db }) => {
    const { studio, watching, camera } = await goOnAir(person, db);
    let loads = 0;
    watching.on("load", () => (loads += 1));

    const before = pidOf("web");
    process.kill(before, "SIGKILL");
    expect(await advances(camera)).toBe(true);
    await expectStartedAgain("web", before);
    await expect.poll(ready, { timeout: 30_000 }).toBe(200);
    expect(await advances(camera)).toBe(true);

    // What happens now reaches both pages again.
    await studio.getByText("End stream").click();
    await studio.getByRole("button", { name: "End it for everybody" }).click();
    // The replay may be there before anybody has read that it is being made.
    const over = watching
      .getByText(/The replay|replay is being|being prepared/i)
      .or(watching.getByLabel("Speed"));
    await expect(over.first()).toBeVisible({ timeout: 30_000 });
    expect(loads, "the viewer's page was not loaded again").toBe(0);
  },
);

test(
  "while Postgres is killed the picture goes on, pages say what is wrong, and web and worker stay alive",
  { tag: "@alone" },
  async ({ person, db }) => {
    const { stream, address, studio, watching, camera } = await goOnAir(person, db);

    const [web, worker] = [pidOf("web"), pidOf("worker")];
    const reader = await (await person({ expects })).newPage();
    for (let time = 0; time < 3; time++) {
      const before = pidOf("postgres");
      process.kill(before, "SIGKILL");
      // From the third time on it stays away for seconds.
      if (time === 2) {
        expect((await reader.goto(address))?.status()).toBe(503);
        await expect(reader.getByRole("heading", { level: 1 })).toHaveText("One moment, please");
      }
      expect(await advances(camera)).toBe(true);
      await expectStartedAgain("postgres", before);
      await expect.poll(ready, { timeout: 30_000 }).toBe(200);
    }
    // It asks again by itself.
    await expect(reader.getByRole("heading", { level: 1 })).toHaveText(stream.title, { timeout: 30_000 });
    expect([pidOf("web"), pidOf("worker")]).toEqual([web, worker]);
    const { status } = await db
      .selectFrom("streams")
      .select("status")
      .where("id", "=", stream.id)
      .executeTakeFirstOrThrow();
    expect(status).toBe("live");

    await studio.getByText("End stream").click();
    await studio.getByRole("button", { name: "End it for everybody" }).click();
    await expect(watching.locator("video")).toBeVisible({ timeout: 60_000 });
  },
);
