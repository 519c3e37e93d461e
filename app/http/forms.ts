import { parseWithZod } from "@conform-to/zod/v4";
import { data } from "@remix-run/node";
import type { z } from "zod";
import { waitInWords } from "./wait.ts";

/** What was typed into a form, by field; a field with several boxes is a list. */
export type Typed = Record<string, string | string[]>;
/** What is wrong, by field, each a sentence to stand beside it. "" is the form as a whole. */
export type Problems = Record<string, string[]>;
export type Refusal = { ok: false; problems: Problems; typed: Typed };

/**
 * Reads a form post against a schema. A field that is missing or was sent twice is a problem of that field, like any
 * other. Rejects with a 400 Response when the body is no form at all.
 */
export async function readForm<Schema extends z.ZodType>(
  request: Request,
  schema: Schema,
): Promise<{ ok: true; value: z.output<Schema>; typed: Typed } | Refusal> {
  return readFields(await formOf(request), schema);
}

/** The same for what a form that only asks carries in its address. */
export function readQuery<Schema extends z.ZodType>(request: Request, schema: Schema) {
  return readFields(new URL(request.url).searchParams, schema);
}

function readFields<Schema extends z.ZodType>(
  form: FormData | URLSearchParams,
  schema: Schema,
): { ok: true; value: z.output<Schema>; typed: Typed } | Refusal {
  const typed = typedIn(form);
  if (!typed) throw notAForm();
  const submission = parseWithZod(form, { schema });
  if (submission.status === "success")
    return { ok: true, value: submission.value as z.output<Schema>, typed };
  const problems: Problems = {};
  for (const [field, said] of Object.entries(submission.error ?? {})) {
    // A list's own entries ("experiences[0]") are told at the list.
    const name = field.replace(/[[.].*$/, "");
    problems[name] = [...(problems[name] ?? []), ...(said ?? []).map(inWords)];
  }
  return { ok: false, problems, typed };
}

/** A refusal of several fields, with one sentence each. */
export const problemsOf = (sentences: Record<string, string>, typed: Typed): Refusal => ({
  ok: false,
  problems: Object.fromEntries(Object.entries(sentences).map(([name, sentence]) => [name, [sentence]])),
  typed,
});

/** What is said of a form that lacks something which every page of ours sends. */
export const formIncomplete = "This form was not complete. Look through it and send it again.";

/** The answer to a form that was refused: 400, what is wrong, and what was typed. */
export function refuse(refusal: Refusal, status = 400) {
  return data({ problems: refusal.problems, typed: refusal.typed }, { status });
}

/** The refusal of a page's form that came too often: 429, with what that is about and when it is possible again. */
export function tooOften(sentence: string, waitSeconds: number) {
  const message = `${sentence} Try again ${waitInWords(waitSeconds)}.`;
  return Response.json({ message }, { status: 429, headers: { "Retry-After": String(waitSeconds) } });
}

/** A refusal of one field by a rule that the schema cannot know ("taken"). */
export function problem(field: string, sentence: string, typed: Typed): Refusal {
  return { ok: false, problems: { [field]: [sentence] }, typed };
}

/** Whether a form asks to take away what its address names, in the only way that works without scripts. */
export async function isDelete(request: Request): Promise<boolean> {
  if (request.method === "DELETE") return true;
  const form = await request
    .clone()
    .formData()
    .catch(() => undefined);
  return form?.get("_method") === "delete";
}

async function formOf(request: Request): Promise<FormData> {
  try {
    return await request.clone().formData();
  } catch {
    throw notAForm();
  }
}

const notAForm = () =>
  data(
    { message: "What your browser sent was not a form that we can read. Nothing was changed." },
    { status: 400 },
  );

/** What a form post carries. Rejects with a 400 Response when its body is no form. */
export async function requireTyped(request: Request): Promise<Typed> {
  const typed = await readTyped(request);
  if (!typed) throw notAForm();
  return typed;
}

/** The same, or undefined when its body is no form (or was read already). */
export async function readTyped(request: Request): Promise<Typed | undefined> {
  try {
    return typedIn(await request.clone().formData());
  } catch {
    return undefined;
  }
}

/** No field's text is handed back longer than a person can type. */
const mostTyped = 200_000;

/** No page has a form of more fields. */
const mostFields = 1000;

/** Undefined where it has more fields than any form of ours. */
function typedIn(form: FormData | URLSearchParams): Typed | undefined {
  const typed = new Map<string, string[]>();
  let fields = 0;
  for (const [name, value] of form.entries()) {
    if (++fields > mostFields) return undefined;
    const texts = typed.get(name) ?? [];
    typed.set(name, texts);
    if (typeof value === "string") texts.push(value.replaceAll("\0", "").slice(0, mostTyped));
  }
  return Object.fromEntries(
    [...typed].map(([name, texts]) => [name, texts.length === 1 ? texts[0]! : texts]),
  );
}

/**
 * The lines of a form that has each of `fields` with a number ("from0", "to0", "from1" …), in their order; a line that was
 * not sent but one after it was is empty.
 */
export function typedRows<Field extends string>(
  typed: Typed,
  fields: readonly Field[],
): Record<Field, string>[] {
  const rows: Record<Field, string>[] = [];
  for (const name of Object.keys(typed)) {
    const field = fields.find(
      (field) => name.startsWith(field) && /^\d{1,3}$/.test(name.slice(field.length)),
    );
    if (field === undefined) continue;
    const number = Number(name.slice(field.length));
    while (rows.length <= number) rows.push(emptyRow(fields));
    rows[number]![field] = typedText(typed, name) ?? "";
  }
  return rows;
}

/**
 * The lines of such a form as they are shown: those in which something stands, and `spare` empty ones for more, as long as there
 * are not more than `most`.
 */
export function withSpareRows<Field extends string>(
  rows: readonly Record<Field, string>[],
  fields: readonly Field[],
  { spare, most }: { spare: number; most: number },
): Record<Field, string>[] {
  const made = rows.filter((row) => fields.some((field) => row[field].trim() !== ""));
  const length = Math.max(0, Math.min(spare, most - made.length));
  return [...made, ...Array.from({ length }, () => emptyRow(fields))];
}

const emptyRow = <Field extends string>(fields: readonly Field[]) =>
  Object.fromEntries(fields.map((field) => [field, ""])) as Record<Field, string>;

/** Zod's own sentences are for programmers: these are what a missing, doubled or foreign field comes down to. */
function inWords(sentence: string): string {
  if (/received undefined|expected \w+, received null|^Required$/i.test(sentence)) return "This is missing.";
  if (/received array|received object|received File/i.test(sentence))
    return "This was sent twice or in a form that we do not know.";
  if (/^Invalid|^Unrecognized/i.test(sentence)) return "This is not one of the choices.";
  return sentence;
}

/** For `defaultValue`: the text that was typed into a field. */
export const typedText = (typed: Typed | undefined, name: string): string | undefined => {
  const value = typed?.[name];
  return Array.isArray(value) ? value[0] : value;
};

/** For a group of boxes. */
export const typedList = (typed: Typed | undefined, name: string): string[] | undefined => {
  const value = typed?.[name];
  return typed === undefined ? undefined : [value ?? []].flat();
};

/** For `FormError`: all problems, each with its field. */
export const listProblems = (problems: Problems | undefined) =>
  Object.entries(problems ?? {}).flatMap(([name, said]) =>
    said.slice(0, 1).map((message) => ({ name, message })),
  );
