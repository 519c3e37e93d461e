import { enforceDecisions } from "#app/domain/access/enforcement.ts";
import type { Handler } from "./index.ts";

export const accessEnforce: Handler<"access.enforce"> = enforceDecisions;
