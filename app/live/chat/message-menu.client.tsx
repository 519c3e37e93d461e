import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import type { ChatMessage } from "../page-messages.ts";
import type { Me } from "./chat-room.client.tsx";
import type { Moderation } from "./moderation.client.tsx";
import { offeredReactions } from "./reaction-words.ts";

type MenuProps = {
  message: ChatMessage;
  me: Me;
  writable: boolean;
  onReply: (message: ChatMessage) => void;
  onReact: (message: ChatMessage, kind: string) => void;
  moderation: Pick<Moderation, "remove" | "pin" | "ask">;
};

type Item = { words: string; do: () => void; checked?: boolean; emoji?: string };

/** What can be done with a message: a button, and a menu for arrow keys, Escape and letters of a mouse alike. */
export function MessageMenu(props: MenuProps) {
  const { message } = props;
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const menu = useRef<HTMLDivElement>(null);
  const id = useId();
  const items = itemsFor(props);

  useEffect(() => {
    if (!open) return;
    const element = menu.current;
    element?.scrollIntoView({ block: "nearest" });
    element?.querySelector<HTMLElement>("[role^=menuitem]")?.focus();
    const outside = (event: Event) => {
      if (!element?.contains(event.target as Node) && event.target !== button.current) setOpen(false);
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [open]);

  if (items.length === 0) return null;

  function close() {
    setOpen(false);
    button.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent) {
    const all = [...(menu.current?.querySelectorAll<HTMLElement>("[role^=menuitem]") ?? [])];
    const at = all.indexOf(document.activeElement as HTMLElement);
    const to = {
      ...{
        ArrowDown: at + 1,
        ArrowRight: at + 1,
        ArrowUp: at - 1 + all.length,
        ArrowLeft: at - 1 + all.length,
      },
      ...{ Home: 0, End: all.length - 1 },
    }[event.key];
    if (event.key === "Escape") close();
    else if (event.key === "Tab") return setOpen(false);
    else if (to === undefined) return;
    else all[to % all.length]?.focus();
    event.preventDefault();
  }

  return (
    <div className="chat-menu">
      <button
        ref={button}
        type="button"
        className="chat-more"
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        aria-label={`What to do with the message of ${message.name}`}
        onClick={() => setOpen(!open)}
      >
        <span aria-hidden="true">…</span>
      </button>
      {open && (
        <div
          ref={menu}
          id={id}
          className="chat-menu-items"
          role="menu"
          tabIndex={-1}
          aria-label="This message"
          onKeyDown={onKeyDown}
        >
          {items.map((item) => (
            <button
              key={item.words}
              type="button"
              role={item.checked === undefined ? "menuitem" : "menuitemcheckbox"}
              aria-checked={item.checked}
              aria-label={item.emoji && item.words}
              data-emoji={item.emoji && ""}
              tabIndex={-1}
              onClick={() => {
                close();
                item.do();
              }}
            >
              {item.emoji ?? item.words}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

function itemsFor({ message, me, writable, onReply, onReact, moderation }: MenuProps): Item[] {
  const own = message.userId === me.userId;
  const items: Item[] = [];
  if (writable) {
    for (const [kind, { emoji, name }] of offeredReactions)
      items.push({
        words: name,
        emoji,
        checked: message.mine.includes(kind),
        do: () => onReact(message, kind),
      });
    items.push({ words: "Reply", do: () => onReply(message) });
  }
  if (own || me.mayModerate) items.push({ words: "Delete", do: () => void moderation.remove(message) });
  if (!own && !me.mayModerate) items.push({ words: "Report…", do: () => moderation.ask("report", message) });
  if (me.mayModerate) {
    items.push({
      words: message.pinned ? "Take the pin off" : "Pin",
      do: () => void moderation.pin(message, !message.pinned),
    });
    if (!own && message.role === "viewer") {
      const name = message.name;
      items.push({ words: `Delete everything of ${name}…`, do: () => moderation.ask("removal", message) });
      items.push({ words: `Time out ${name}…`, do: () => moderation.ask("timeout", message) });
      items.push({ words: `Ban ${name}…`, do: () => moderation.ask("ban", message) });
    }
  }
  return items;
}
