import { setTimeout as wait } from "node:timers/promises";
import type { Services } from "#app/context.ts";
import { listAccessOfPeople } from "../access/decision.ts";
import { claimBeside, claimedOnce, dayOf, takeDay, waitForDay } from "./digests.ts";
import { type Claim, claimDue, isSpreading, keyOf } from "./due.ts";
import { findMailings, findPeople, type MailingFacts, type PersonFacts } from "./facts.ts";
import { whyNot } from "./judge.ts";
import { createHeld, type Held } from "./held.ts";
import { createOutcomes } from "./outcomes.ts";
import { reserveTime } from "./pace.ts";
import { createPost, partition, type ToSend } from "./post.ts";

type Sending = Pick<Services, "db" | "mailer" | "config" | "log">;

/** So many people at a time: a second's work of a fast mail server is some of these. */
export const mostAtOnce = 100;

/**
 * Sends all that is due, and records what came of it, until nothing is due, the mail server is away, or `signal` says that this
 * process ends. Each mail is judged at the moment at which it is claimed, by what its stream and its person are then. It
 * may run in any number of workers at once; what a worker that dies has claimed is taken by the next one when the claim
 * has run out. Gives how many letters it handed over, and whether the server was away.
 */
export async function deliverDue(
  services: Sending,
  signal: AbortSignal,
): Promise<{ sent: number; away: boolean }> {
  const { db, config } = services;
  const held = createHeld(services);
  const outcomes = createOutcomes(services, held);
  const post = createPost(services, { outcomes, held }, signal);
  const perSecond = config.mail.perSecond;
  const most = perSecond === null ? mostAtOnce : Math.min(mostAtOnce, Math.max(1, Math.ceil(perSecond)));

  /** False when nothing is due. */
  async function takeSome(): Promise<boolean> {
    const claims = await claimDue(db, most);
    if (claims.length === 0) return isSpreading(db);
    held.hold(claims);
    if (perSecond !== null) {
      const ms = await reserveTime(db, { letters: claims.length, perSecond });
      await wait(ms, undefined, { signal }).catch(() => {});
    }
    await post.send(await judge(services, claims, { settle: outcomes.add, held }));
    return true;
  }

  async function goOn() {
    while (!signal.aborted && !post.isAway() && (await takeSome()));
  }

  try {
    // While one waits for the mail server, the other finds what comes next.
    if (await takeSome()) await Promise.all([goOn(), goOn()]);
  } finally {
    await outcomes.settled();
    held.stop();
  }
  return { sent: post.handedOver(), away: post.isAway() };
}

type Settle = ReturnType<typeof createOutcomes>["add"];

/** What is to be sent of these claims; what is not is told to `settle` with the reason. */
async function judge(
  { db }: Sending,
  claims: Claim[],
  { settle, held }: { settle: Settle; held: Held },
): Promise<ToSend[]> {
  const people = await findPeople(db, claims);
  // Whoever was deleted meanwhile took their rows along.
  const there = new Set(people.map(keyOf));
  held.release(claims.filter((claim) => !there.has(keyOf(claim))));
  const mailings = await findMailings(db, [...new Set(people.map(({ mailingId }) => mailingId))]);
  const wanted = await listWanted(db, { people, mailings }, settle);
  const single = wanted.filter(({ mailing }) => mailing.kind !== "new_stream");
  const news = wanted.filter(({ mailing }) => mailing.kind === "new_stream");
  return [
    ...single.map(({ person, mailing, mayWatch }) => ({
      person,
      mailings: [mailing] as [MailingFacts],
      mayWatch,
    })),
    ...(news.length > 0 ? await gather(db, news, { settle, held }) : []),
  ];
}

type Wanted = { person: PersonFacts; mailing: MailingFacts; mayWatch: boolean };

async function listWanted(
  db: Services["db"],
  { people, mailings }: { people: PersonFacts[]; mailings: Map<string, MailingFacts> },
  settle: Settle,
): Promise<Wanted[]> {
  const asked = new Map<string, Set<string>>();
  for (const { mailingId, personId } of people) {
    const streamId = mailings.get(mailingId)?.stream?.id;
    if (streamId) asked.set(streamId, (asked.get(streamId) ?? new Set()).add(personId));
  }
  const access = new Map<string, Awaited<ReturnType<typeof listAccessOfPeople>>>();
  for (const [streamId, userIds] of asked)
    access.set(streamId, await listAccessOfPeople(db, { streamId, userIds: [...userIds] }));

  return people.flatMap((person) => {
    const found = mailings.get(person.mailingId);
    if (!found) return [];
    const { formerStartsAt } = person;
    const mailing = { ...found, stream: found.stream && { ...found.stream, formerStartsAt } };
    const decision = mailing.stream ? access.get(mailing.stream.id)?.get(person.personId) : undefined;
    const reason = whyNot(mailing, person, decision);
    if (reason === null) return [{ person, mailing, mayWatch: decision?.mayWatch ?? false }];
    settle({ ...person, outcome: "skipped", reason, acceptedAt: null, retrySeconds: 0 });
    return [];
  });
}

/** Makes one letter of all new streams that wait for a person, for those whose day has come. */
async function gather(
  db: Services["db"],
  news: Wanted[],
  { settle, held }: { settle: Settle; held: Held },
): Promise<ToSend[]> {
  const ofPeople = Map.groupBy(news, ({ person }) => person.personId);
  // Who was written to and did not get it is tried again, which is the same day's letter.
  const [again, fresh] = partition([...ofPeople.values()], (wanted) =>
    wanted.some(({ person }) => person.claims > claimedOnce + 1),
  );
  const readers = fresh.map((wanted) => {
    const [{ person, mailing }] = wanted as [Wanted];
    const { began, next } = dayOf(mailing.now, person.timeZone);
    return { personId: person.personId, dayBegan: began, nextDay: next, claims: claimsOf(wanted), wanted };
  });
  const taken = await takeDay(db, readers);
  const today = new Map(taken.map((claim) => [keyOf(claim), claim]));
  const later = readers.flatMap(({ nextDay, wanted }) =>
    wanted
      .filter(({ person }) => !today.has(keyOf(person)))
      .map(({ person, mailing }) => ({ ...person, nextDay, startsAt: mailing.stream!.startsAt })),
  );
  await waitForDay(db, later);
  held.release(later);
  held.hold(taken);
  const mine = fresh.flat().flatMap(({ person, ...rest }) => {
    const claim = today.get(keyOf(person));
    return claim ? [{ person: { ...person, ...claim }, ...rest }] : [];
  });
  const writtenTo = [...again.flat(), ...mine].map(({ person }) => person.personId);
  const claimed = await claimBeside(db, [...new Set(writtenTo)]);
  held.hold(claimed);
  const more = await findPeople(db, claimed);
  const mailings = await findMailings(db, [...new Set(more.map(({ mailingId }) => mailingId))]);
  const beside = await listWanted(db, { people: more, mailings }, settle);
  // What waits beside one that is tried again may have come with it, and is among these by now.
  const besides = new Set(claimed.map(keyOf));
  const all = [...again.flat(), ...mine].filter(({ person }) => !besides.has(keyOf(person)));
  const byPerson = Map.groupBy([...all, ...beside], ({ person }) => person.personId);
  return [...byPerson.values()].map((wanted) => {
    // The one that was tried before leads: what waits beside it follows it to the next try.
    const [lead, ...rest] = wanted.sort((a, b) => b.person.claims - a.person.claims);
    return {
      person: lead!.person,
      mailings: [lead!.mailing, ...rest.map(({ mailing }) => mailing)],
      mayWatch: lead!.mayWatch,
      beside: rest.map(({ person }) => person),
    };
  });
}

const claimsOf = (wanted: Wanted[]): Claim[] => wanted.map(({ person }) => person);
