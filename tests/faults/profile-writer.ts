import { insertUser, signIn, unique } from "#tests/factories.ts";
import type { Looked } from "./invariants.ts";
import type { Tools } from "./fault.ts";
import { runningWeb } from "./studio-tools.ts";

/**
 * Somebody who saves their profile every two seconds while a fault happens, and remembers what was acknowledged. `stop`
 * tells whether it is there.
 */
export async function startProfileWriter({ db, edition }: Pick<Tools, "db" | "edition">) {
  const { id: userId } = await insertUser(db);
  const { cookie } = await signIn(db, userId);
  const username = unique("writer");
  const closing = new AbortController();
  const acknowledged: number[] = [];
  let sent = 0;
  let stopped = false;

  async function save(number: number): Promise<boolean> {
    const url = runningWeb(edition);
    if (!url) return false;
    // As long as it takes: what is answered late would otherwise come after the next one.
    const answer = await fetch(`${url}/account/space/profile`, {
      method: "POST",
      headers: { cookie, origin: url },
      body: new URLSearchParams({ username, bio: `Version ${number}` }),
      redirect: "manual",
      signal: closing.signal,
    });
    return (answer.headers.get("location") ?? "").endsWith("?saved");
  }

  const writing = (async () => {
    while (!stopped) {
      sent += 1;
      if (await save(sent).catch(() => false)) acknowledged.push(sent);
      for (let waited = 0; waited < 2000 && !stopped; waited += 100)
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();

  return {
    async stop(): Promise<Looked> {
      stopped = true;
      const patience = setTimeout(() => closing.abort(), 10_000);
      await writing;
      clearTimeout(patience);
      const profile = await db
        .selectFrom("creators_profiles")
        .select("bio")
        .where("user_id", "=", userId)
        .executeTakeFirst();
      const last = acknowledged.at(-1) ?? 0;
      const there = Number(profile?.bio.replace("Version ", "") ?? 0);
      return {
        promise: "No form that was acknowledged is lost",
        saw: `${acknowledged.length} of ${sent} acknowledged`,
        broken: [
          ...(there < last ? [`form ${last} was acknowledged, and ${there} is there`] : []),
          ...(last === 0 ? ["no form was acknowledged"] : []),
        ],
      };
    },
  };
}
