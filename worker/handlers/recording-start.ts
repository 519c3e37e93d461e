import { startRecording } from "#app/domain/recordings/start.ts";
import type { Handler } from "./index.ts";

export const recordingStart: Handler<"recording.start"> = startRecording;
