import { useState } from "react";
import { Button } from "#app/components/button.tsx";
import type { PageChat } from "../page-messages.ts";
import { post } from "./requests.ts";

const paces = [0, 5, 10, 30, 60, 120];

/** Slow mode, freezing and links, for hosts and moderators. What is in force comes back with the page's state. */
export function ChatOptions({
  address,
  chat,
  onSaid,
}: {
  address: string;
  chat: PageChat;
  onSaid: (sentence: string) => void;
}) {
  const [pending, setPending] = useState<string | null>(null);

  async function set(field: string, value: string) {
    setPending(field);
    const done = await post(address, "settings", { [field]: value });
    setPending(null);
    if (!done.ok) onSaid(done.message);
  }

  const known = paces.includes(chat.slowModeSeconds) ? paces : [...paces, chat.slowModeSeconds];
  return (
    <details className="chat-options">
      <summary className="button" data-kind="quiet">
        Settings
      </summary>
      <div className="stack">
        <label>
          Slow mode
          <select
            value={chat.slowModeSeconds}
            disabled={pending === "slowModeSeconds"}
            onChange={(event) => void set("slowModeSeconds", event.target.value)}
          >
            {known.map((seconds) => (
              <option key={seconds} value={seconds}>
                {seconds === 0 ? "Off" : `One message every ${seconds} s`}
              </option>
            ))}
          </select>
        </label>
        <Button
          type="button"
          aria-pressed={chat.frozen}
          pending={pending === "frozen" && "One moment…"}
          onClick={() => void set("frozen", chat.frozen ? "0" : "1")}
        >
          {chat.frozen ? "Frozen: only the team writes" : "Freeze the chat"}
        </Button>
        <Button
          type="button"
          aria-pressed={chat.linksAllowed}
          pending={pending === "linksAllowed" && "One moment…"}
          onClick={() => void set("linksAllowed", chat.linksAllowed ? "0" : "1")}
        >
          {chat.linksAllowed ? "Everybody may send links" : "Let everybody send links"}
        </Button>
      </div>
    </details>
  );
}
