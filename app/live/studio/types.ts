import type { PageState } from "../page-messages.ts";

export type { PageRecording as StudioRecording, PageViewers as StudioViewers } from "../page-messages.ts";

/** What the studio knows of its stream, as the page socket tells it; times are ISO. */
export type StudioState = Omit<PageState, "streamId" | "title" | "access">;

/** Whether a recorder is free, where that can be known. */
export type Recorder = "yes" | "no" | "unknown";

/** What the studio's forms are answered. */
export type HostAnswer = { ok: true } | { ok: false; reason: string; message: string };
