import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { Form, useLoaderData } from "@remix-run/react";
import { useEffect } from "react";
import { Bidi } from "#app/components/bidi.tsx";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { ButtonLink, SubmitButton } from "#app/components/button.tsx";
import { FailureBoundary } from "#app/components/failure.tsx";
import { ImportLines } from "#app/components/import-lines.tsx";
import { ImportNumbers, ImportProgress } from "#app/components/import-numbers.tsx";
import { Page, Two } from "#app/components/layouts.tsx";
import { Notice } from "#app/components/notice.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { countLettersLeft } from "#app/domain/grants/letters-left.ts";
import { listLines } from "#app/domain/grant-imports/lists.ts";
import { confirmWords, lineWords, people, readingWords } from "#app/domain/grant-imports/words.ts";
import { countFreeSeats, countUnheldSeats } from "#app/domain/passes/seats.ts";
import { readTimeZone } from "#app/http/cookies.ts";
import { requireImport } from "#app/http/import-of-team.ts";
import { readPage } from "#app/http/page-number.ts";
import { useReadAgain } from "#app/live/read-again.ts";

export const meta: MetaFunction<typeof loader> = ({ data, error }) =>
  pageTitle(data && `Add people to ${data.pass.name}`, error);

type Loaded = ReturnType<typeof useLoaderData<typeof loader>>;

/** A page without scripts asks again by itself while people are being added. */
export const handle = { refresh: ({ status }: Loaded) => status === "importing" && 3 };

const perPage = 50;
const kinds = {
  refused: ["refused"],
  people: ["wanted", "added"],
  held: ["held"],
  repeated: ["repeated"],
} as const;
type Kind = keyof typeof kinds;

export async function loader(args: LoaderFunctionArgs) {
  const { viewer, team, pass, list, ids, page, listPage, query } = await requireImport(args);
  const { db } = args.context;
  const { counts, status } = list;
  const asked = new URL(args.request.url).searchParams.get("lines") ?? "";
  const kind: Kind = Object.hasOwn(kinds, asked)
    ? (asked as Kind)
    : counts.refused > 0
      ? "refused"
      : "people";
  const number = readPage(args.request);
  const many = kinds[kind].reduce((sum, state) => sum + counts[state], 0);
  const ready = status === "ready";
  const [lines, freeSeats, unheldSeats, lettersLeft] = await Promise.all([
    listLines(db, {
      importId: ids.importId,
      states: kinds[kind],
      limit: perPage,
      offset: (number - 1) * perPage,
    }),
    ready ? countFreeSeats(db, pass.id) : null,
    ready ? countUnheldSeats(db, pass.id) : null,
    ready ? countLettersLeft(db, team.spaceId) : 0,
  ]);
  // Somebody on the list may be one of those who wait for a seat, or have one kept for them.
  const mayGetIt = Math.min(counts.wanted, unheldSeats ?? counts.wanted);
  return {
    pass: { id: pass.id, name: pass.name, closed: pass.retired || pass.over },
    status,
    fileName: list.fileName,
    reading: readingWords(list),
    ignored: list.ignoredColumns,
    timeZone: list.timeZone,
    counts,
    confirm: confirmWords(counts),
    added: people(counts.added),
    freeSeats: freeSeats !== null && freeSeats < counts.wanted ? freeSeats : null,
    lettersLeft: lettersLeft < mayGetIt ? lettersLeft : null,
    lines: lines.map((line) => ({
      number: line.number,
      email: line.email,
      ends: line.ends,
      endsAt: line.endsAt?.toISOString() ?? null,
      words: lineWords(line),
    })),
    kind,
    number,
    pages: Math.ceil(many / perPage),
    ...{ page, listPage, query },
    zone: readTimeZone(args.request, viewer.timeZone),
  };
}

export default function ImportOfTeam() {
  const { pass, status, fileName, reading, page, listPage, query, counts, kind, ...shown } =
    useLoaderData<typeof loader>();
  useProgress(status === "importing");
  return (
    <Page>
      <PageHeader
        title={status === "ready" ? "Look before you add" : "People from a file"}
        above={
          <Breadcrumbs
            items={[
              { to: `/account/passes${query}`, label: "Passes" },
              { to: `/account/passes/${pass.id}`, label: pass.name },
              { to: page, label: "Add people from a file" },
            ]}
          />
        }
        lead={
          <p>
            <Bidi>{fileName}</Bidi>
          </p>
        }
      />
      <Two label="About the file" aside={<AboutFile />}>
        {status === "ready" ? <Confirm /> : <State />}
        <ImportNumbers counts={counts} status={status} />
      </Two>
      <ImportLines
        lines={shown.lines}
        counts={counts}
        kind={kind}
        number={shown.number}
        pages={shown.pages}
        path={listPage}
        zone={shown.zone}
      />
    </Page>
  );
}

/** Nothing else tells the page how far it is. */
function useProgress(working: boolean) {
  const readAgain = useReadAgain();
  useEffect(() => {
    if (!working) return;
    const timer = setInterval(() => readAgain(0), 1_500);
    return () => clearInterval(timer);
  }, [working, readAgain]);
}

function AboutFile() {
  const { reading, ignored, timeZone, listPage, counts, status } = useLoaderData<typeof loader>();
  return (
    <div className="stack" data-gap="small">
      <p className="small">{reading}</p>
      <p className="small">Days in it are read on the clocks of {timeZone.replaceAll("_", " ")}.</p>
      {ignored.length > 0 && (
        <p className="small">
          {ignored.length === 1 ? "This column is left aside: " : "These columns are left aside: "}
          {ignored.map((name, index) => (
            <span key={index}>
              {index > 0 && ", "}
              <Bidi>{name}</Bidi>
            </span>
          ))}
          .
        </p>
      )}
      {counts.refused > 0 && (
        <p className="small">
          <a href={`${listPage}/refused.csv`}>Download the lines with a problem</a>, put them right there, and
          send that file.
        </p>
      )}
      {status !== "importing" && (
        <Form method="post" action={`${listPage}/removal`}>
          <SubmitButton kind="quiet" formAction={`${listPage}/removal`} pending="Deleting it…">
            {status === "ready" ? "Discard this list" : "Delete this list"}
          </SubmitButton>
        </Form>
      )}
    </div>
  );
}

function Confirm() {
  const { pass, counts, confirm, freeSeats, lettersLeft, listPage, page } = useLoaderData<typeof loader>();
  const target = `${listPage}/confirmation`;
  if (pass.closed)
    return (
      <Notice title="No longer given">
        Nobody gets this pass any more: it is retired, or past its last day.
      </Notice>
    );
  if (counts.wanted === 0)
    return (
      <Notice title="There is nobody to add">
        <p>Each line has a problem, or is of somebody who holds the pass already.</p>
        <div className="row">
          <ButtonLink to={page}>Send another file</ButtonLink>
        </div>
      </Notice>
    );
  return (
    <div className="stack">
      {freeSeats !== null && (
        <Notice title={freeSeats === 0 ? "No seat is free" : `Only ${seats(freeSeats)} free`}>
          The seats go to the first lines. To add everybody, raise the number of seats first.
        </Notice>
      )}
      {lettersLeft !== null && (
        <Notice
          title={lettersLeft === 0 ? "We write to none of them" : `Only ${letters(lettersLeft)} left today`}
        >
          A space may write to 1,000 people a day who did not ask. Whoever is added after that gets the pass
          without a letter: tell them yourself that they sign in with their address.
        </Notice>
      )}
      <Form method="post" action={target}>
        <SubmitButton kind="go" formAction={target} pending="Adding them…">
          {confirm}
        </SubmitButton>
      </Form>
    </div>
  );
}

const seats = (many: number) => (many === 1 ? "1 seat is" : `${many.toLocaleString("en-GB")} seats are`);

const letters = (many: number) =>
  many === 1 ? "1 letter is" : `${many.toLocaleString("en-GB")} letters are`;

function State() {
  const { status, counts, added, pass } = useLoaderData<typeof loader>();
  if (status === "importing") return <ImportProgress counts={counts} />;
  return (
    <Notice role="status" title={`${added} added`}>
      <p>Who was added sees the pass when they sign in.</p>
      <div className="row">
        <ButtonLink to={`/account/passes/${pass.id}`}>Back to the pass</ButtonLink>
      </div>
    </Notice>
  );
}

export { FailureBoundary as ErrorBoundary };
