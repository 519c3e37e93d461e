import { finalizeRecording } from "#app/domain/recordings/finalize.ts";
import type { Handler } from "./index.ts";

export const recordingFinalize: Handler<"recording.finalize"> = finalizeRecording;
