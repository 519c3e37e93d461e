import { copySegments } from "#app/domain/recordings/copies.ts";
import type { Handler } from "./index.ts";

export const recordingCopy: Handler<"recording.copy"> = copySegments;
