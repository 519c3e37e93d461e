import { stopRecorder } from "#app/domain/recordings/stop.ts";
import type { Handler } from "./index.ts";

export const recordingStop: Handler<"recording.stop"> = stopRecorder;
