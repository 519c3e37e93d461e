import { RoomServiceClient } from "livekit-server-sdk";
import { nextClockChange } from "#tests/clock-changes.ts";
import {
  insertMachines,
  insertPeople,
  insertSeries,
  insertStream,
  insertUser,
  signIn,
  unique,
} from "#tests/factories.ts";
import type { StreamStatus } from "#db/types.ts";
import { expect, expectFits, expectLooks, test, type World } from "./world.ts";

test("what everybody can see fits, and Axe finds nothing", async ({ person, db }) => {
  const { space, experience, pass, people } = await insertPeople(db, { status: "scheduled" });
  const username = unique("mara");
  const profile = { user_id: people.owner.id, username, bio: "I grade film." };
  await db.insertInto("creators_profiles").values(profile).execute();
  const page = await (await person()).newPage();
  const paths = [
    "/",
    "/explore",
    "/api",
    "/sign-in",
    `/${space.slug}`,
    `/@${username}`,
    `/${space.slug}/${experience.slug}`,
    `/${space.slug}/passes/${pass.slug}`,
    "/there-is-no-such-space",
  ];
  for (const path of paths) {
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
    await expectLooks(page);
  }
});

type House = Awaited<ReturnType<typeof insertPeople>> & {
  machines: Awaited<ReturnType<typeof insertMachines>>;
};

/** What a creator sees, by what it is about. */
const creatorPages: Record<string, (house: House) => string[]> = {
  "the pages of a creator's space": ({ experience, machines }) => [
    "/account/space",
    "/account/space/moderation",
    "/account/space/bans",
    "/account/space/blocked-words",
    "/account/space/api",
    `/account/space/api/${machines.keyId}/revocation`,
    "/account/space/webhooks",
    `/account/space/webhooks/${machines.endpointId}`,
    `/account/space/webhooks/${machines.endpointId}/secret`,
    `/account/space/webhooks/${machines.endpointId}/removal`,
    "/account/space/experiences",
    `/account/space/experiences/${experience.id}`,
  ],
  "a creator's pages of passes and people": ({ pass }) => [
    "/account/passes",
    "/account/passes/new",
    `/account/passes/${pass.id}`,
    `/account/passes/${pass.id}/imports`,
    `/account/passes/${pass.id}/links`,
    "/account/passes/grants",
    "/account/members",
    "/account/grants",
  ],
  "a creator's pages of streams": ({ stream }) => [
    "/account",
    "/account/mail",
    "/account/sessions",
    "/account/calendar",
    "/account/following",
    "/account/streams",
    "/account/streams/new",
    `/account/streams/${stream.id}`,
    `/account/streams/${stream.id}/edit`,
    `/account/streams/${stream.id}/note`,
    `/account/streams/${stream.id}/series`,
    `/account/streams/${stream.id}/series/cancel`,
    `/account/streams/${stream.id}/coming`,
    `/account/streams/${stream.id}/moderation`,
    `/account/streams/${stream.id}/reports`,
    `/account/streams/${stream.id}/mail`,
    `/account/streams/${stream.id}/captions`,
    "/account/experiences",
  ],
};

for (const [name, paths] of Object.entries(creatorPages)) {
  test(`${name} fit, and Axe finds nothing`, async ({ person, db }) => {
    const cast = await insertPeople(db, { status: "scheduled" });
    const { people, space } = cast;
    const machines = await insertMachines(db, { spaceId: space.id, actorId: people.owner.id });
    const series = { experienceId: cast.experience.id, createdBy: people.owner.id, streamId: cast.stream.id };
    await insertSeries(db, series);
    const page = await (await person({ userId: people.owner.id })).newPage();
    for (const path of paths({ ...cast, machines })) {
      await page.goto(path);
      await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
      await expectLooks(page);
    }
  });
}

test("the pages for an owner's programs fit while there are none, and Axe finds nothing", async ({
  person,
  db,
}) => {
  const { people } = await insertPeople(db, { status: "scheduled" });
  const page = await (await person({ userId: people.owner.id })).newPage();
  for (const path of ["/account/space/api", "/account/space/webhooks"]) {
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
    await expectLooks(page);
  }
});

test("a new person's empty pages lead to the next step", async ({ person, db }) => {
  const someone = await insertUser(db);
  const page = await (await person({ userId: someone.id })).newPage();
  for (const path of ["/", "/account/experiences", "/account/grants", "/account/streams"]) {
    await page.goto(path);
    await expect(
      page.getByRole("main").getByRole("link").or(page.getByRole("main").getByRole("button")).first(),
    ).toBeVisible();
    await expectLooks(page);
  }
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Start a space");
});

/** What may change soon asks again by itself without scripts, after so many seconds; what is over does not, and under an open chat its list does. */
const states: { status: StreamStatus; says: RegExp; asksAgain: string[] }[] = [
  { status: "scheduled", says: /The doors open/, asksAgain: ["60"] },
  { status: "live", says: /Live/, asksAgain: [] },
  { status: "ended", says: /It was not recorded|no replay/i, asksAgain: [] },
  { status: "cancelled", says: /cancelled/i, asksAgain: [] },
];

for (const { status, says, asksAgain } of states) {
  test(`a stream's page when it is ${status}, for a viewer and for who has no pass`, async ({
    person,
    db,
  }) => {
    const { people, path, stream } = await insertPeople(db, { status });
    if (status === "live") await openRoom(stream.id);
    const viewer = await (await person({ userId: people.viewer.id })).newPage();
    await viewer.goto(path);
    await expect(viewer.getByRole("main").getByText(says).first()).toBeVisible();
    await expectLooks(viewer);
    const stranger = await (await person({ userId: people.stranger.id })).newPage();
    await stranger.goto(path);
    await expect(stranger.getByRole("heading", { level: 1 })).toHaveText(stream.title);
    if (status !== "cancelled") await expect(stranger.getByText("What opens it")).toBeVisible();
    await expectLooks(stranger);
    if (status !== "live") return;
    const lift = await insertTroubles(db, stream.id);
    const studio = await (await person({ userId: people.moderator.id })).newPage();
    await studio.goto(`/account/streams/${stream.id}`);
    for (const words of [
      /It lags: .* left out of it/,
      "A black picture for over",
      "No sound for over a minute",
    ])
      await expect(studio.getByText(words)).toBeVisible();
    await expectLooks(studio);
    await lift();
  });

  test(`a stream's page can be read without scripts when it is ${status}`, async ({ person, db }) => {
    const { people, path } = await insertPeople(db, { status });
    const page = await (await person({ userId: people.viewer.id, script: false })).newPage();
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expect(page.getByRole("main").getByText(says).first()).toBeVisible();
    const refresh = page.locator("meta[http-equiv=refresh]");
    expect(await refresh.evaluateAll((all) => all.map((meta) => meta.getAttribute("content")))).toEqual(
      asksAgain,
    );
  });
}

for (const script of [true, false]) {
  test(`the page that asks which device to end (${script ? "with" : "without"} scripts)`, async ({
    person,
    db,
  }) => {
    const { people, path, stream, grant } = await insertPeople(db, { status: "live" });
    await openRoom(stream.id);
    for (let device = 0; device < 2; device += 1) {
      const { sessionId } = await signIn(db, people.viewer.id);
      const place = { access_grant_id: grant.id, session_id: sessionId, stream_id: stream.id };
      await db.insertInto("access_grant_devices").values(place).execute();
    }
    const context = await person({ userId: people.viewer.id, script });
    const page = await context.newPage();
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
    await expect(page.getByText("You are watching on 2 other devices.")).toBeVisible();
    await expect(page.getByRole("button", { name: /^End it and watch here/ })).toHaveCount(2);
    await expectLooks(page, { script });
  });
}

test("a title of one long word stays in its page", async ({ person, db }) => {
  const { people, space, experience } = await insertPeople(db, { status: "scheduled" });
  const title = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverordnungsfeierlichkeitsprogramm";
  const stream = await insertStream(db, { experienceId: experience.id, createdBy: people.owner.id, title });
  const paths = [`/${space.slug}`, `/${space.slug}/${experience.slug}`, "/account/streams"];
  const page = await (await person({ userId: people.owner.id, width: 360 })).newPage();
  for (const path of [...paths, `/${space.slug}/${experience.slug}/streams/${stream.slug}`]) {
    await page.goto(path);
    await expect(page.getByText(title).first()).toBeVisible();
    await expectFits(page);
  }
});

test("a phone shows when a stream is right after its title", async ({ person, db }) => {
  const { people, path } = await insertPeople(db, { status: "scheduled" });
  for (const userId of [people.viewer.id, people.stranger.id]) {
    const page = await (await person({ userId, width: 360 })).newPage();
    await page.goto(path);
    const [title, ticket] = await Promise.all([
      page.getByRole("heading", { level: 1 }).boundingBox(),
      page.getByText("starts in").boundingBox(),
    ]);
    expect(ticket!.y - title!.y).toBeLessThan(400);
  }
});

test("an invitation that was sent leaves its form empty for the next", async ({ person, db }) => {
  const { people, space } = await insertPeople(db, { status: "scheduled" });
  const page = await (await person({ userId: people.owner.id })).newPage();
  await page.goto(`/account/members?space=${space.slug}`);
  const address = `${unique("invited")}@example.com`;
  await page.getByLabel("Their mail address").fill(address);
  await page.getByRole("button", { name: "Send the invitation" }).click();
  await expect(page.getByText(`A mail with the invitation is on its way to ${address}`)).toBeVisible();
  await expect(page.getByLabel("Their mail address")).toHaveValue("");
});

test("an API key is made, shown once, copied, and gone from the page after a reload", async ({
  person,
  db,
}) => {
  const { people, space } = await insertPeople(db, { status: "scheduled" });
  const page = await (await person({ userId: people.owner.id, width: 360 })).newPage();
  await page.goto(`/account/space/api?space=${space.slug}`);
  await page.getByLabel("Name").fill("Shop");
  await page.getByLabel(/Give passes to people/).check();
  await page.getByRole("button", { name: "Make the key" }).click();
  const key = page.getByLabel("The key", { exact: true });
  await expect(key).toHaveValue(/^frk_[\w-]{43}$/);
  const secret = await key.inputValue();
  await page.getByRole("button", { name: "Copy the key" }).click();
  await expect(page.getByText("Copied.")).toBeVisible();
  await expectLooks(page);
  await expect(page.getByLabel("Name")).toHaveValue("");
  await page.goto(page.url());
  await expect(page.getByRole("cell", { name: `${secret.slice(0, 12)}…` })).toBeVisible();
  expect(await page.content()).not.toContain(secret);
});

test("a pass asks only for what its term needs, also without scripts", async ({ person, db }) => {
  const { people, space } = await insertPeople(db, { status: "scheduled" });
  const page = await (await person({ userId: people.owner.id, script: false })).newPage();
  await page.goto(`/account/passes/new?space=${space.slug}`);
  const [days, day] = [page.getByLabel("Number of days"), page.getByLabel("Last day")];
  await expect(days).toBeHidden();
  await page.getByRole("radio", { name: /^Some days/ }).check();
  await expect(days).toBeVisible();
  await expect(day).toBeHidden();
  await page.getByRole("radio", { name: /^Until a date/ }).check();
  await expect(day).toBeVisible();
  await expect(days).toBeHidden();
});

test("a form that was refused keeps what was typed, names the field, and works without scripts", async ({
  person,
  db,
}) => {
  const { people } = await insertPeople(db, { status: "scheduled" });
  const page = await (await person({ userId: people.host.id, script: false })).newPage();
  await page.goto("/account/streams/new");
  const title = unique("A title that stays");
  await page.getByLabel("Title").fill(title);
  await page.getByLabel("Experience").selectOption({ index: 1 });
  await page.getByLabel("Day").fill(nextClockChange("forward"));
  await page.getByLabel("Time", { exact: true }).fill("02:30");
  await page.getByLabel("Time zone").selectOption("Europe/Berlin");
  await page.getByLabel("Expected length").fill("1 h");
  await page.getByRole("button", { name: "Schedule" }).click();
  await expect(page.getByText("02:30 does not exist on that day").first()).toBeVisible();
  await expect(page.getByLabel("Title")).toHaveValue(title);
  await page.getByLabel(/03:30/).check();
  await page.getByRole("button", { name: "Schedule" }).click();
  await expect(page.getByRole("link", { name: title }).first()).toBeVisible();
});

/** All that a studio can have to say of its recording at once. Gives what takes it away again. */
async function insertTroubles(db: World["db"], streamId: string) {
  const ago = (seconds: number) => new Date(Date.now() - seconds * 1000);
  const { id } = await db
    .insertInto("streaming_recordings")
    // No worker begins another attempt before that.
    .values({ stream_id: streamId, status: "recording", retry_at: ago(-3600) })
    .returning("id")
    .executeTakeFirstOrThrow();
  const attempt = await db
    .insertInto("streaming_recording_attempts")
    .values({
      recording_id: id,
      number: 1,
      prefix: `recordings/${streamId}/1/`,
      status: "failed",
      sealed_at: ago(0),
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  const segment = (number: number) => ({ attempt_id: attempt.id, number, key: `${id}/${number}`, bytes: 1 });
  await db
    .insertInto("streaming_recording_segments")
    .values([
      { ...segment(0), program_time: ago(60), duration_ticks: 180_000 },
      { ...segment(1), problem: "truncated" },
    ])
    .execute();
  await db
    .insertInto("streaming_recording_blanks")
    .values(["black", "silent"].map((kind) => ({ recording_id: id, kind, published: "on", since: ago(70) })))
    .execute();
  return () => db.deleteFrom("streaming_recordings").where("id", "=", id).execute();
}

/** The room that going live would have made; nobody publishes in it. */
async function openRoom(name: string) {
  const { LIVEKIT_URL = "", LIVEKIT_API_KEY, LIVEKIT_API_SECRET } = process.env;
  const rooms = new RoomServiceClient(
    LIVEKIT_URL.replace(/^ws/, "http"),
    LIVEKIT_API_KEY,
    LIVEKIT_API_SECRET,
  );
  await rooms.createRoom({ name });
}
