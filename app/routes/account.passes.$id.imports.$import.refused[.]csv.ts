import type { LoaderFunctionArgs } from "@remix-run/node";
import { readRefused } from "#app/domain/grant-imports/lists.ts";
import { writeRefusedCsv } from "#app/domain/grant-imports/refused-csv.ts";
import { csvFile } from "#app/http/csv-file.ts";
import { requireImport } from "#app/http/import-of-team.ts";

/** The lines of a list that were left out, as a file. */
export async function loader(args: LoaderFunctionArgs) {
  const { ids } = await requireImport(args);
  return csvFile(writeRefusedCsv(readRefused(args.context.db, ids.importId)), "left-out.csv");
}
