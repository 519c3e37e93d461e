import { type ActionFunctionArgs, type LoaderFunctionArgs, redirect } from "@remix-run/node";
import { findImport } from "#app/domain/grant-imports/lists.ts";
import { findPass } from "#app/domain/passes/lists.ts";
import { findSpaceOfPass } from "#app/domain/passes/passes.ts";
import { isId } from "#app/domain/text.ts";
import { absent } from "./absent.ts";
import { requireTeamOf, teamQuery } from "./team-of.ts";

type Args = LoaderFunctionArgs | ActionFunctionArgs;

/** The pass of a page under `/account/passes/{id}/imports`, for an owner, who may give it; what is of others is 404. */
export async function requirePassToImport({ params, request, context }: Args) {
  const wanted = { least: "owner", id: params.id, findSpace: findSpaceOfPass } as const;
  const { viewer, team, teams, id } = await requireTeamOf({ request, context }, wanted);
  const pass = await findPass(context.db, { spaceId: team.spaceId, passId: id });
  if (!pass) throw absent();
  return { viewer, team, pass, page: `/account/passes/${id}/imports`, query: teamQuery(teams, team) };
}

/** The same with the import of a page under `/account/passes/{id}/imports/{import}`. */
export async function requireImport(args: Args) {
  const found = await requirePassToImport(args);
  const { import: importId } = args.params;
  const ids = { passId: found.pass.id, importId: importId ?? "" };
  const list = isId(importId) ? await findImport(args.context.db, ids) : undefined;
  if (!list) throw absent("There is no such list here. Lists are deleted some days after they were used.");
  return { ...found, list, ids, listPage: `${found.page}/${ids.importId}` };
}

/** Whoever opens a form's address lands on the page that has the form. */
export const backToImport = ({ params }: LoaderFunctionArgs) =>
  redirect(
    isId(params.id) && isId(params.import)
      ? `/account/passes/${params.id}/imports/${params.import}`
      : "/account/passes",
  );
