import { Fragment } from "react";
import { Bidi } from "#app/components/bidi.tsx";
import { toPieces } from "./chat-words.ts";

/** Text that people wrote: its direction stays inside, its addresses lead away from here in another tab. */
export function SaidText({ text }: { text: string }) {
  return (
    <span className="chat-text">
      {toPieces(text).map(({ text: words, href }, place) => (
        <Fragment key={place}>
          {href ? (
            <a href={href} target="_blank" rel="nofollow noopener noreferrer ugc">
              <Bidi>{words}</Bidi>
            </a>
          ) : (
            <Bidi>{words}</Bidi>
          )}
        </Fragment>
      ))}
    </span>
  );
}
