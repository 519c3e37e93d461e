import type { Fault } from "./fault.ts";
import { countMails, gatherAudience, remind, startMailServer, untilSettled } from "./mail-tools.ts";
import { promise } from "./studio-tools.ts";

export const name = "F37";
export const title = "The worker is killed at the moment at which the mail server has accepted a letter";

const many = 400;
const killAt = 120;

export const run: Fault["run"] = async (tools) => {
  const { edition, db, say } = tools;
  const audience = await gatherAudience(db, { many, startsAt: "30 minutes" });
  await edition.part("worker").stop();
  let kill = () => {};
  const server = await startMailServer((taken) => taken === killAt && kill());
  const worker = await edition.addWorker({ env: { SMTP_URL: server.url } });
  kill = () => worker.kill("SIGKILL");
  say("reminders are due, and the worker dies with an accepted letter in its hands");
  await remind(db, audience.stream.id);
  while (server.taken.length < killAt) await new Promise((resolve) => setTimeout(resolve, 5));
  await new Promise((resolve) => setTimeout(resolve, 500));
  const atKill = server.taken.length;
  const recorded = (await countMails(db, audience.stream.id))["reminder sent"] ?? 0;
  const window = atKill - recorded;
  const { mails, tookMs } = await untilSettled(db, audience.stream.id, 120);
  promise(mails["reminder sent"] === many, `all are sent (${JSON.stringify(mails)})`);
  const people = new Map(audience.people.map(({ email }) => [email, [] as string[]]));
  for (const { to, messageId } of server.taken) people.get(to)?.push(messageId);
  const lists = [...people.values()];
  promise(
    lists.every((ids) => ids.length >= 1),
    "nobody was left out",
  );
  const doubled = server.taken.length - many;
  promise(
    doubled <= window,
    `no more than the ${window} that were accepted and not recorded came twice (${doubled})`,
  );
  promise(
    lists.every((ids) => new Set(ids).size === 1),
    "what came twice has one Message-ID",
  );
  await worker.stop();
  await edition.part("worker").start();
  await server.close();
  return {
    did: `kill -9 of the worker at the moment at which the mail server had accepted letter ${killAt} of ${many}`,
    saw: `${window} were accepted and not recorded, ${doubled} of them came twice, with the same Message-ID; all others once, ${tookMs} ms later everything was sent`,
  };
};
