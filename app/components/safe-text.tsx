import { Fragment } from "react";
import { Bidi } from "./bidi.tsx";
import type { Paragraph } from "./paragraphs.ts";

/** Plain text that people wrote, as `toParagraphs` has read it in the loader. */
export function SafeText({ paragraphs }: { paragraphs: Paragraph[] }) {
  return (
    <div className="safe-text">
      {paragraphs.map((lines, index) => (
        <p key={index} dir="auto">
          {lines.map((pieces, row) => (
            <Fragment key={row}>
              {row > 0 && <br />}
              {pieces.map(({ text, href }, place) =>
                href ? (
                  <a key={place} href={href} rel="nofollow noopener ugc">
                    <Bidi>{text}</Bidi>
                  </a>
                ) : (
                  <Bidi key={place}>{text}</Bidi>
                ),
              )}
            </Fragment>
          ))}
        </p>
      ))}
    </div>
  );
}
