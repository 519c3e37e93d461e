import { enforceExperiences } from "#app/domain/access/enforcement.ts";
import type { Handler } from "./index.ts";

export const accessEnforceExperiences: Handler<"access.enforce-experiences"> = enforceExperiences;
