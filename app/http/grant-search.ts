import type { AppLoadContext } from "@remix-run/node";
import { type GrantScope } from "#app/domain/grants/in-order.ts";
import { countGrants, findGrants, mostCounted } from "#app/domain/grants/search.ts";
import { grantSearchForm, grantStates, stateChoices } from "#app/domain/grants/search-fields.ts";
import { grantWords, sourceWords } from "#app/domain/grants/words.ts";
import type { AccessGrantSource } from "#db/types.ts";
import { readCursor, writeCursor } from "./cursor.ts";
import { readQuery, typedText } from "./forms.ts";

type Args = { request: Request; context: Pick<AppLoadContext, "db"> };

const perPage = 50;

const choices = {
  states: grantStates.map((value) => ({ value, label: stateChoices[value] })),
  sources: (Object.keys(sourceWords) as AccessGrantSource[]).map((value) => ({
    value,
    label: sourceWords[value],
  })),
};

/** The list of grants that a page's address asks for, of a space or of one of its passes, as pages show it. */
export async function searchGrants({ request, context: { db } }: Args, scope: GrantScope) {
  const form = readQuery(request, grantSearchForm);
  const text = (name: string) => typedText(form.typed, name) ?? "";
  const typed = { q: text("q"), state: text("state"), source: text("source") };
  // The page that the form is on stays the one of this space.
  const kept = [...new URL(request.url).searchParams].filter(([name]) => name === "space");
  const asked = { typed, kept, choices, narrowed: Object.values(typed).some((value) => value !== "") };
  const nothing = { grants: [], next: null, lookedThrough: null, many: null, first: true };
  if (!form.ok) return { ...asked, ...nothing, problems: form.problems };
  const { q, state, source } = form.value;
  const after = readCursor(request);
  const [{ grants, next, lookedThrough }, counted] = await Promise.all([
    findGrants(db, { ...scope, state, source, search: q, after, most: perPage }),
    q === "" ? countGrants(db, { ...scope, state, source }) : undefined,
  ]);
  const whole = after === undefined && next === undefined ? grants.length : undefined;
  return {
    ...asked,
    grants: grants.map(({ startsAt, endsAt, statusChangedAt: _, mailedAt: __, ...grant }) => ({
      ...grant,
      words: grantWords(grant),
      how: sourceWords[grant.source],
      startsAt: startsAt.toISOString(),
      endsAt: endsAt?.toISOString() ?? null,
    })),
    next: next ? writeCursor(next) : null,
    lookedThrough: lookedThrough ?? null,
    many: manyWords(counted ?? whole),
    first: after === undefined,
    problems: undefined,
  };
}

/** "12 in all"; beyond a thousand nobody counts. */
function manyWords(many: number | undefined): string | null {
  if (many === undefined) return null;
  return many > mostCounted ? `More than ${mostCounted.toLocaleString("en-GB")} in all` : `${many} in all`;
}

export type GrantsFound = Awaited<ReturnType<typeof searchGrants>>;
