import type { AccessGrantImportLineState, AccessGrantImportStatus } from "#db/types.ts";
import { emailWrong } from "../text.ts";

/** What keeps one line of a list from becoming a grant. */
export type LineProblem =
  | "no_address"
  | "address_sign"
  | "address_long"
  | "address"
  | "end"
  | "past"
  | "other_end"
  | "disabled"
  | "no_seat"
  | "gone"
  | "over";

/** A line's problem as a sentence; `other` is the line that it contradicts. */
export function problemWords(problem: LineProblem, other: number | null): string {
  switch (problem) {
    case "no_address":
      return "There is no address in this line.";
    case "address_sign":
      return "This address has a line break or another sign in it that no address has.";
    case "address_long":
      return "This address is too long.";
    case "address":
      return emailWrong;
    case "end":
      return "There is no such day or time. Write it like 2027-01-31, or 2027-01-31 20:00.";
    case "past":
      return "This moment is past. Choose a later one.";
    case "other_end":
      return `The same person as in line ${other}, with another end.`;
    case "disabled":
      return "The account with this address is switched off.";
    case "no_seat":
      return "No seat was free: all are held, or people wait for the next.";
    case "gone":
      return "The pass was retired before this line had its turn.";
    case "over":
      return "The pass reached its last day before this line had its turn.";
  }
}

/** Why a file as a whole is not taken. */
export type FileRefusal =
  | {
      ok: false;
      reason:
        | "gone"
        | "over"
        | "too_many_files"
        | "empty"
        | "workbook"
        | "binary"
        | "no_email"
        | "two_emails"
        | "two_ends"
        | "no_lines"
        | "too_many_lines";
    }
  | { ok: false; reason: "unclosed" | "endless"; line: number };

export function fileWords(refusal: FileRefusal): string {
  switch (refusal.reason) {
    case "gone":
      return "This pass is retired, and can no longer be given.";
    case "over":
      return "This pass has reached its last day. Give it a later one first.";
    case "too_many_files":
      return "Your space sent many files today. Go on tomorrow.";
    case "empty":
      return "This file is empty.";
    case "workbook":
      return "This is a workbook of a spreadsheet program. Save it there as CSV, and send that file.";
    case "binary":
      return "This is not a text file. Send a CSV file.";
    case "no_email":
      return "No column is called “email”. Name the columns in the first line, and the addresses below it.";
    case "two_emails":
      return "Two columns are called as if they held the mail address. Keep one of them.";
    case "two_ends":
      return "Two columns are called as if they held the end. Keep one of them.";
    case "no_lines":
      return "Nobody stands below the names of the columns.";
    case "too_many_lines":
      return "This file has more than 100,000 lines of people. Send it in parts.";
    case "unclosed":
      return `A quotation mark in line ${refusal.line} is never closed. Close it, and send the file again.`;
    case "endless":
      return `Line ${refusal.line} is longer than any line of people. Perhaps a quotation mark in it is never closed.`;
  }
}

export const fileMissing = "Choose a file first.";
export const fileTooLarge = "This file is too large: at most 20 MB. Send it in parts.";

const number = (many: number) => many.toLocaleString("en-GB");
export const people = (many: number) => (many === 1 ? "1 person" : `${number(many)} people`);
const lines = (many: number) => (many === 1 ? "1 line" : `${number(many)} lines`);

type Counts = Record<AccessGrantImportLineState, number>;

/** What became of an import, in a list of them. */
export function importWords({ status, counts }: { status: AccessGrantImportStatus; counts: Counts }): string {
  const { wanted, added, refused } = counts;
  const left = refused > 0 ? `, ${lines(refused)} left out` : "";
  if (status === "done") return `${people(added)} added${left}`;
  if (status === "importing") return `Being added: ${number(added)} of ${number(added + wanted)}`;
  return `Not added yet: ${people(wanted)}`;
}

/** What the button that confirms an import says. */
export const confirmWords = ({ wanted, refused }: Counts): string =>
  `Add ${people(wanted)}${refused > 0 ? `; leave out ${lines(refused)}` : ""}`;

const encodingWords: Record<string, string> = {
  "utf-8": "UTF-8",
  "utf-16le": "UTF-16",
  "utf-16be": "UTF-16",
  "windows-1252": "Windows-1252 (Latin-1)",
};
const separatorWords: Record<string, string> = {
  ",": "commas",
  ";": "semicolons",
  "\t": "tabs",
  "|": "bars",
};

/** How a file was read, so that whoever sent it can tell whether that was right. */
export const readingWords = ({ encoding, separator }: { encoding: string; separator: string }): string =>
  `Read as ${encodingWords[encoding] ?? encoding}, separated by ${separatorWords[separator] ?? separator}.`;

/** What a line is, beside the others and what is. */
export function lineWords({
  state,
  problem,
  otherNumber,
}: {
  state: AccessGrantImportLineState;
  problem: string | null;
  otherNumber: number | null;
}): string {
  if (state === "refused") return problem ?? "";
  if (state === "held") return "Holds the pass already.";
  if (state === "repeated") return `Already in line ${otherNumber}.`;
  return state === "added" ? "Added." : "Gets the pass.";
}
