import { removeRecording } from "#app/domain/recordings/removal.ts";
import type { Handler } from "./index.ts";

export const recordingRemove: Handler<"recording.remove"> = removeRecording;
