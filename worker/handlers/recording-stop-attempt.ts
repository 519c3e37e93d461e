import { stopGivenUpAttempt } from "#app/domain/recordings/stop.ts";
import type { Handler } from "./index.ts";

export const recordingStopAttempt: Handler<"recording.stop-attempt"> = stopGivenUpAttempt;
