import { Body } from "@react-email/body";
import { Button } from "@react-email/button";
import { Container } from "@react-email/container";
import { Head } from "@react-email/head";
import { Heading } from "@react-email/heading";
import { Hr } from "@react-email/hr";
import { Html } from "@react-email/html";
import { Link } from "@react-email/link";
import { Preview } from "@react-email/preview";
import { render, toPlainText } from "@react-email/render";
import { Section } from "@react-email/section";
import { Text } from "@react-email/text";
import { createElement as h, type ReactElement } from "react";
import type { LetterTime } from "./times.ts";

/** A piece of a letter: a paragraph, a time with what it is, or an address with its words. */
export type Piece =
  | { kind: "words"; text: string }
  | { kind: "time"; label: string; time: LetterTime; over?: boolean }
  | { kind: "stream"; title: string; time: LetterTime; about: string; href: string };

export type LetterContent = {
  subject: string;
  /** What a mailbox shows beside the subject. */
  preview: string;
  heading: string;
  pieces: Piece[];
  /** The one thing to do. */
  action: { label: string; href: string };
  /** Why the reader gets it. */
  why: string;
  /** "reminders", as in "Stop reminders". */
  stopWhat: string;
};

/** Where a letter leads that is not about its stream: each reader's own address, and the page of their choices. */
export type LetterLinks = { stop: string; choices: string };

export type RenderedLetter = { subject: string; html: string; text: string };

/** In place of a reader's own address, so that a letter is made once for all who read the same. */
export const stopPlaceholder = "https://frontrow.invalid/stop-mail";

/**
 * Makes a letter as HTML and as plain text of the same words. It needs no picture, is legible in mail programs that darken
 * what they show and in those that do not, and takes whatever names hold as text.
 */
export async function renderLetter(content: LetterContent, links: LetterLinks): Promise<RenderedLetter> {
  const html = await render(page(content, links));
  return {
    subject: content.subject.replaceAll(/\s+/g, " ").trim(),
    html,
    text: `${toPlainText(html, plain).trim()}\n`,
  };
}

/** Titles are people's own words: they keep their capitals. */
const plain = { selectors: [{ selector: "h1", options: { uppercase: false } }] };

/** The letter of one reader. */
export const addressed = (letter: RenderedLetter, stop: string): RenderedLetter => ({
  subject: letter.subject,
  html: letter.html.replaceAll(stopPlaceholder, stop),
  text: letter.text.replaceAll(stopPlaceholder, stop),
});

function page(content: LetterContent, links: LetterLinks): ReactElement {
  const { preview, heading, pieces, action, why, stopWhat } = content;
  return h(
    Html,
    { lang: "en", dir: "ltr" },
    h(
      Head,
      null,
      h("meta", { name: "color-scheme", content: "light dark" }),
      h("meta", { name: "supported-color-schemes", content: "light dark" }),
      h("style", null, dark),
    ),
    h(Preview, null, preview),
    h(
      Body,
      { className: "page", style: styles.body },
      h(
        Container,
        { className: "page", style: styles.container },
        h(Text, { className: "small", style: styles.mark }, "Frontrow"),
        h(Heading, { as: "h1", className: "ink", style: styles.heading }, heading),
        ...pieces.map((piece, index) => h(PieceOf, { key: index, piece })),
        h(
          Section,
          { style: styles.action },
          h(Button, { className: "go", href: action.href, style: styles.button }, action.label),
        ),
        h(Hr, { className: "line", style: styles.line }),
        h(Text, { className: "small", style: styles.small }, why),
        h(
          Text,
          { className: "small", style: styles.small },
          h(Link, { className: "small", href: links.stop, style: styles.link }, `Stop ${stopWhat}`),
          h("br"),
          h(Link, { className: "small", href: links.choices, style: styles.link }, "Choose what you get"),
        ),
      ),
    ),
  );
}

function PieceOf({ piece }: { piece: Piece }): ReactElement {
  if (piece.kind === "words") return h(Text, { className: "ink", style: styles.text }, piece.text);
  if (piece.kind === "stream")
    return h(
      Text,
      { className: "ink", style: styles.text },
      h(Link, { className: "ink", href: piece.href, style: styles.title }, piece.title),
      h("br"),
      `${piece.time.words} (${piece.time.zone})`,
      h("br"),
      piece.about,
    );
  const { label, time, over } = piece;
  const large = h("span", { style: over ? styles.over : styles.large }, time.words);
  return h(
    Text,
    { className: "ink", style: styles.text },
    h("span", { className: "small", style: styles.label }, label),
    h("br"),
    over ? h("s", null, large) : large,
    h("br"),
    h("span", null, time.zone),
    ...(time.other ? [h("br"), h("span", { className: "small", style: styles.label }, time.other)] : []),
  );
}

const paper = "#fbf9f4";
const ink = "#1d1b16";
const quiet = "#5d584c";
const family = "Archivo, 'Helvetica Neue', Helvetica, Arial, sans-serif";

const styles = {
  body: { backgroundColor: paper, color: ink, fontFamily: family, margin: 0, padding: 0 },
  container: { backgroundColor: paper, maxWidth: "560px", padding: "24px 20px" },
  mark: { color: quiet, fontSize: "14px", fontWeight: 700, margin: "0 0 16px" },
  heading: { color: ink, fontSize: "26px", fontWeight: 800, lineHeight: "30px", margin: "0 0 16px" },
  text: { color: ink, fontSize: "16px", lineHeight: "24px", margin: "0 0 16px", whiteSpace: "pre-line" },
  title: { color: ink, fontSize: "18px", fontWeight: 700, textDecoration: "underline" },
  label: { color: quiet, fontSize: "14px" },
  large: { fontSize: "20px", fontWeight: 700 },
  over: { fontSize: "16px" },
  action: { margin: "8px 0 24px" },
  button: {
    backgroundColor: "#ffd23f",
    border: "1px solid #1d1b16",
    borderRadius: "4px",
    color: "#1d1b16",
    display: "inline-block",
    fontSize: "16px",
    fontWeight: 700,
    padding: "12px 20px",
    textDecoration: "none",
  },
  line: { borderColor: "#d8d2c2", margin: "24px 0 16px" },
  small: { color: quiet, fontSize: "14px", lineHeight: "20px", margin: "0 0 8px" },
  link: { color: quiet, textDecoration: "underline" },
} as const;

/** Programs that follow the reader's scheme; those that turn colours themselves leave `color-scheme` alone or keep contrast. */
const dark = `
@media (prefers-color-scheme: dark) {
  .page { background-color: #1c1a16 !important; }
  .ink { color: #f4efe3 !important; }
  .small { color: #c3bcab !important; }
  .line { border-color: #4a4538 !important; }
  .go { background-color: #ffd23f !important; color: #1d1b16 !important; }
}`;
