import { runExport } from "#app/domain/recordings/exports.ts";
import type { Handler } from "./index.ts";

export const recordingExport: Handler<"recording.export"> = runExport;
