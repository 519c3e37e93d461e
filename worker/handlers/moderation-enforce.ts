import { enforceAct } from "#app/domain/moderation/enforce.ts";
import type { Handler } from "./index.ts";

export const moderationEnforce: Handler<"moderation.enforce"> = enforceAct;
