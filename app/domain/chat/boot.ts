import { setTimeout as sleep } from "node:timers/promises";
import type { Services } from "#app/context.ts";
import { isServiceError } from "#app/services/service-error.ts";

const retryMs = 10_000;
/** The real service takes a moment until each of its servers knows a changed setting. */
const settlesIn = { tries: 5, pauseMs: 1_000 };

/**
 * Brings the chat service to the settings that we rely on, and compares. Resolves with sentences that say why nobody
 * should go on: keys that it refuses, or a difference that stays. While it cannot be reached it is asked again, for ever:
 * an outage of the chat must not keep video from starting.
 */
export async function findChatProblems({ chat, log }: Pick<Services, "chat" | "log">): Promise<string[]> {
  let told = false;
  for (;;) {
    try {
      for (let tries = 1; ; tries++) {
        const differing = await chat.applySettings();
        if (differing.length === 0 || tries === settlesIn.tries) return differing;
        await sleep(settlesIn.pauseMs);
      }
    } catch (error) {
      if (!isServiceError(error)) throw error;
      if (!error.retryable)
        return [
          `the chat service refuses STREAM_API_KEY or STREAM_API_SECRET, or our settings (${error.message})`,
        ];
      if (!told)
        log.warn({ err: error }, "the chat service cannot be reached: its settings are applied when it can");
      told = true;
      await sleep(retryMs);
    }
  }
}

/** Ends this process, with a sentence, when the chat service would let the wrong people read or write. */
export async function requireSafeChat(services: Pick<Services, "chat" | "log">): Promise<void> {
  const problems = await findChatProblems(services);
  if (problems.length === 0) return;
  console.error("Frontrow cannot run with this chat service:\n");
  for (const problem of problems) console.error(`  ${problem}`);
  process.exit(1);
}
