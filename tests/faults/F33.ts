import { signIn, insertPeople } from "#tests/factories.ts";
import type { Fault } from "./fault.ts";
import { promise } from "./studio-tools.ts";

export const name = "F33";
export const title =
  "Ids of another team's streams, recordings, passes and grants, by people who are somebody elsewhere";

export const run: Fault["run"] = async ({ db, web }) => {
  const [mine, theirs] = [
    await insertPeople(db, { status: "live" }),
    await insertPeople(db, { status: "live" }),
  ];
  const recording = await db
    .insertInto("streaming_recordings")
    .values({ stream_id: theirs.stream.id, status: "recording" })
    .returning("id")
    .executeTakeFirstOrThrow();
  const { stream, pass, grant, experience } = theirs;
  const rowsBefore = await snapshot();
  const gets = [
    `/account/streams/${stream.id}`,
    `/account/streams/${stream.id}/edit`,
    `/account/streams/${stream.id}/moderation`,
    `/account/streams/${stream.id}/reports`,
    `/account/passes/${pass.id}`,
    `/account/passes/${pass.id}/edit`,
    `/account/passes/${pass.id}/grants/${grant.id}`,
    `/account/space/experiences/${experience.id}`,
    `/media/${stream.id}/${recording.id}/index.m3u8`,
    `/media/${stream.id}/${recording.id}/video.mp4`,
    // A recording of theirs under a stream of mine.
    `/media/${mine.stream.id}/${recording.id}/index.m3u8`,
    `/account/passes/${mine.pass.id}/grants/${grant.id}`,
  ];
  const tab = "tab-of-a-fault";
  const posts: [string, Record<string, string>][] = [
    [`/account/streams/${stream.id}/broadcast`, { _method: "delete" }],
    [`/account/streams/${stream.id}/lease`, { tab, take_over: "yes" }],
    [`/account/streams/${stream.id}/token`, { tab }],
    [`/account/streams/${stream.id}/cancel`, {}],
    [`/account/passes/${pass.id}/retirement`, {}],
    [`/account/passes/${pass.id}/grants/${grant.id}/cancellation`, {}],
    [`/account/passes/${pass.id}/grants/${grant.id}/refund`, {}],
    [`/account/passes/${mine.pass.id}/grants/${grant.id}/cancellation`, {}],
    [`/account/space/experiences/${experience.id}/retirement`, {}],
    [`${theirs.path}/ticket`, { tab }],
  ];
  const counts: Record<number, number> = {};
  for (const who of ["owner", "host", "moderator", "viewer"] as const) {
    const { cookie } = await signIn(db, mine.people[who].id);
    const ask = async (path: string, init: RequestInit = {}) => {
      const answer = await fetch(web.url + path, {
        redirect: "manual",
        ...init,
        headers: { cookie, origin: web.url },
      });
      counts[answer.status] = (counts[answer.status] ?? 0) + 1;
      promise(
        answer.status === 404 || answer.status === 403,
        `${who}: ${path} is not there (${answer.status})`,
      );
      const text = await answer.text();
      for (const secret of [stream.title + stream.slug, theirs.people.viewer.email])
        promise(!text.includes(secret), `${who}: ${path} tells nothing`);
    };
    for (const path of gets) await ask(path);
    for (const [path, form] of posts) await ask(path, { method: "POST", body: new URLSearchParams(form) });
    // A room's name is known to everybody who watches, and opens nothing.
    const room = await fetch(`${web.url}/rtc/validate?access_token=${stream.id}`, {
      headers: { cookie, "sec-fetch-site": "same-origin" },
    });
    promise(room.status === 401, `a room's name is no token (${room.status})`);
  }
  promise((await snapshot()) === rowsBefore, "nothing has changed");
  return {
    did: `${gets.length} addresses read and ${posts.length} forms sent by four people of another team each; a room's name as a token`,
    saw: `${Object.entries(counts)
      .map(([status, count]) => `${status}: ${count}`)
      .join(", ")}; no row has changed`,
  };

  async function snapshot() {
    const rows = await Promise.all([
      db.selectFrom("streams").select(["status", "edit_version"]).where("id", "=", stream.id).execute(),
      db.selectFrom("access_passes").select(["retired_at", "name"]).where("id", "=", pass.id).execute(),
      db.selectFrom("access_grants").select(["status", "ends_at"]).where("id", "=", grant.id).execute(),
      db.selectFrom("experiences").select("retired_at").where("id", "=", experience.id).execute(),
      db.selectFrom("stream_host_leases").select("tab").where("stream_id", "=", stream.id).execute(),
      db.selectFrom("stream_participants").select("identity").where("stream_id", "=", stream.id).execute(),
    ]);
    return JSON.stringify(rows);
  }
};
