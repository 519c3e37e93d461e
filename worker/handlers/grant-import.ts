import { runImport } from "#app/domain/grant-imports/run.ts";
import type { Handler } from "./index.ts";

export const grantImport: Handler<"grant.import"> = async ({ db, queue }, { importId }) => {
  await runImport(db, queue, { importId });
};
