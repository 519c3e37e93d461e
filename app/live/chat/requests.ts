import type { ChatMessage } from "../page-messages.ts";

export type ChatPass = {
  url: string;
  apiKey: string;
  userId: string;
  name: string;
  token: string;
  channelType: string;
  channelId: string;
  expiresAt: string;
};

/** What the server says to a script. `network`: it said nothing. */
export type Refused = { ok: false; reason: string; message: string; waitSeconds?: number };

const unreachable: Refused = {
  ok: false,
  reason: "network",
  message: "That did not reach us. Check your connection, and try again.",
};

type Fields = Record<string, string>;

/** Sends a form to one of the chat's addresses; `chat` is the stream's address with `/chat`. */
export async function post<Done extends object>(
  chat: string,
  path: string,
  fields: Fields = {},
): Promise<({ ok: true } & Done) | Refused> {
  try {
    const answer = await fetch(`${chat}/${path}`, {
      method: "POST",
      headers: { accept: "application/json" },
      body: new URLSearchParams(fields),
      signal: AbortSignal.timeout(15_000),
    });
    const said = (await answer.json()) as ({ ok: true } & Done) | Refused;
    return said.ok || typeof said.message === "string" ? said : { ...unreachable, ...said };
  } catch {
    return unreachable;
  }
}

export type Rows = { messages: ChatMessage[]; more: boolean };
export type FirstRows = Rows & {
  pinned: ChatMessage[];
  silence: { until: string; reason: string } | null;
};

/** What was said, from the server's rows. Rejects when there is no answer, or none that can be read. */
export async function readRows<Answer extends Rows>(chat: string, query = ""): Promise<Answer> {
  const answer = await fetch(`${chat}/messages.json${query}`, {
    headers: { accept: "application/json" },
    signal: AbortSignal.timeout(15_000),
  });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return (await answer.json()) as Answer;
}
