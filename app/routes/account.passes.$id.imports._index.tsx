import {
  type ActionFunctionArgs,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { Link, useActionData, useLoaderData } from "@remix-run/react";
import { Bidi } from "#app/components/bidi.tsx";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { EmptyList } from "#app/components/empty-list.tsx";
import { FailureBoundary } from "#app/components/failure.tsx";
import { ImportFile } from "#app/components/import-file.tsx";
import { Page } from "#app/components/layouts.tsx";
import { Notice } from "#app/components/notice.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { Table } from "#app/components/table.tsx";
import { When, ZoneNote } from "#app/components/when.tsx";
import { listImports } from "#app/domain/grant-imports/lists.ts";
import { admitFile, makeImport } from "#app/domain/grant-imports/make.ts";
import {
  type FileRefusal,
  fileMissing,
  fileTooLarge,
  fileWords,
  importWords,
} from "#app/domain/grant-imports/words.ts";
import { zoneNames, zoneUnknown } from "#app/domain/passes/terms.ts";
import { normalizeZone } from "#app/domain/schedule/zones.ts";
import { readTimeZone } from "#app/http/cookies.ts";
import { problem, refuse, type Typed, typedText } from "#app/http/forms.ts";
import { requirePassToImport } from "#app/http/import-of-team.ts";
import { signInPath } from "#app/http/return-to.ts";
import { mostFileBytes, type Upload, withUpload } from "#app/http/uploads.ts";

export const meta: MetaFunction<typeof loader> = ({ data, error }) =>
  pageTitle(data && `Add people to ${data.pass.name}`, error);

const mostShown = 50;

export async function loader(args: LoaderFunctionArgs) {
  const { viewer, pass, page, query } = await requirePassToImport(args);
  const { id, name, termTimeZone } = pass;
  const imports = await listImports(args.context.db, { passId: id, limit: mostShown });
  const zone = readTimeZone(args.request, viewer.timeZone);
  return {
    pass: { id, name, closed: pass.retired || pass.over },
    imports: imports.map((list) => ({
      path: `${page}/${list.id}`,
      fileName: list.fileName,
      madeAt: list.madeAt.toISOString(),
      madeBy: list.madeBy,
      words: importWords(list),
    })),
    query,
    zone,
    timeZone: termTimeZone ?? zone ?? "UTC",
    zones: zoneNames(),
    mostBytes: mostFileBytes,
    tooLarge: fileTooLarge,
    removed: new URL(args.request.url).searchParams.has("removed"),
  };
}

/** Reads a file and shows what is in it; nobody gets anything yet. */
export async function action(args: ActionFunctionArgs) {
  const { request, context, params } = args;
  // A file is not kept for who has to sign in first, nor read.
  if (!(await context.viewer()))
    throw redirect(signInPath(`/account/passes/${params.id}/imports`), { status: 303 });
  const { viewer, team, pass, page } = await requirePassToImport(args);
  const of = { spaceId: team.spaceId, passId: pass.id };
  const admitted = await admitFile(context.db, of);
  if (!admitted.ok) return refuseFile(admitted, {});
  const make = async ({ typed, fileName, open }: Upload) => {
    const timeZone = normalizeZone(typedText(typed, "timeZone") || "UTC");
    if (fileName === null) return refuse(problem("file", fileMissing, typed));
    if (!timeZone) return refuse(problem("timeZone", zoneUnknown, typed));
    const made = await makeImport(context.db, { ...of, madeBy: viewer.userId, fileName, timeZone, open });
    return made.ok ? redirect(`${page}/${made.importId}`, 303) : refuseFile(made, typed);
  };
  const wanted = { file: "file", fields: ["timeZone"], tooLarge: fileTooLarge };
  return withUpload(request, wanted, context, make);
}

const refuseFile = (refusal: FileRefusal, typed: Typed) =>
  refuse(problem("file", fileWords(refusal), typed), statuses[refusal.reason] ?? 400);

const statuses: Record<string, number> = { gone: 409, over: 409, too_many_files: 429 };

export default function Imports() {
  const { pass, query, removed, ...form } = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  return (
    <Page>
      <PageHeader
        title="Add people from a file"
        above={
          <Breadcrumbs
            items={[
              { to: `/account/passes${query}`, label: "Passes" },
              { to: `/account/passes/${pass.id}`, label: pass.name },
            ]}
          />
        }
        lead="You see what is in the file, and what is wrong with which line, before anybody gets the pass."
      />
      {!refused && removed && <Notice role="status">The list is deleted.</Notice>}
      {pass.closed ? (
        <Notice title="No longer given">
          Nobody gets this pass any more: it is retired, or past its last day.
        </Notice>
      ) : (
        <>
          <ImportFile
            problems={refused?.problems}
            timeZone={typedText(refused?.typed, "timeZone") ?? form.timeZone}
            zones={form.zones}
            mostBytes={form.mostBytes}
            tooLarge={form.tooLarge}
          />
          <HowToWrite />
        </>
      )}
      <Files />
    </Page>
  );
}

function HowToWrite() {
  return (
    <section className="part measure">
      <h2>What stands in the file</h2>
      <p>
        The first line names the columns. <strong>email</strong> is needed. <strong>ends_at</strong> may say
        until when, as 2027-01-31 or 2027-01-31 20:00; where it is empty, the length of the pass counts.
        Everything begins when you add it. Other columns are left aside.
      </p>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard */}
      <pre className="code-lines" role="region" aria-label="An example" tabIndex={0} dir="ltr">
        {"email,ends_at\nada@example.com,\nben@example.com,2027-01-31"}
      </pre>
    </section>
  );
}

function Files() {
  const { imports, zone } = useLoaderData<typeof loader>();
  return (
    <section className="part">
      <h2>Files so far</h2>
      {imports.length === 0 ? (
        <EmptyList>
          A file that was read stands here: for a day while nobody adds its people, and for a week after that.
        </EmptyList>
      ) : (
        <>
          <Table caption="Files of people for this pass" hideCaption>
            <thead>
              <tr>
                <th scope="col">File</th>
                <th scope="col">What became of it</th>
                <th scope="col">Sent</th>
                <th scope="col">By</th>
              </tr>
            </thead>
            <tbody>
              {imports.map((list) => (
                <tr key={list.path}>
                  <th scope="row" className="words">
                    <Link to={list.path}>
                      <Bidi>{list.fileName}</Bidi>
                    </Link>
                  </th>
                  <td>{list.words}</td>
                  <td className="nowrap">
                    <When at={list.madeAt} zone={zone} size="day" />,{" "}
                    <When at={list.madeAt} zone={zone} size="time" />
                  </td>
                  <td>
                    <Bidi>{list.madeBy}</Bidi>
                  </td>
                </tr>
              ))}
            </tbody>
          </Table>
          <ZoneNote zone={zone} />
        </>
      )}
    </section>
  );
}

export { FailureBoundary as ErrorBoundary };
