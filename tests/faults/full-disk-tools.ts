import { readFile } from "node:fs/promises";
import type { Part } from "#local/part.ts";
import { signIn } from "#tests/factories.ts";
import type { Tools } from "./fault.ts";
import type { Stopped } from "./storage-tools.ts";

/** Sends a list of people of some 100 KB to a pass's page as its owner. Gives what came of it. */
export async function sendImport({ db, web }: Pick<Tools, "db" | "web">, { people, pass }: Stopped) {
  const { cookie } = await signIn(db, people.owner.id);
  const lines = Array.from({ length: 3_000 }, (_, at) => `somebody-${at}@people.example`);
  const body = new FormData();
  body.set("timeZone", "UTC");
  body.set("file", new Blob([["email", ...lines].join("\n")], { type: "text/csv" }), "people.csv");
  const answer = await fetch(`${web.url}/account/passes/${pass.id}/imports`, {
    method: "POST",
    headers: { cookie, origin: web.url },
    body,
    redirect: "manual",
  });
  const says = (await answer.text()).includes("We have no room for your file right now.");
  const imports = await db
    .selectFrom("access_grant_imports")
    .select("id")
    .where("access_pass_id", "=", pass.id)
    .execute();
  return { status: answer.status, says, imports: imports.length };
}

/** How many lines of a part's log have this in them. */
export async function linesOf({ log }: Part, text: string): Promise<number> {
  return (await readFile(log, "utf8")).split("\n").filter((line) => line.includes(text)).length;
}

/** The most memory that the present process of a part has had, in MiB. */
export async function mostMemoryOf({ pid }: Part): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Math.round(Number(/^VmHWM:\s+(\d+) kB/m.exec(status)![1]) / 1024);
}
