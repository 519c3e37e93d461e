import { z } from "zod";

/** Each kind of refusal, with the title that all of its kind have. The docs explain each under its name. */
export const problemKinds = {
  invalid: { status: 400, title: "The request is not valid" },
  unauthorized: { status: 401, title: "The key is missing or not valid" },
  scope: { status: 403, title: "The key may not do this" },
  not_found: { status: 404, title: "There is no such thing in this space" },
  method: { status: 405, title: "This address does not take this method" },
  conflict: { status: 409, title: "The request does not fit the state of things" },
  running: { status: 409, title: "The first request with this idempotency key has no answer yet" },
  too_large: { status: 413, title: "The request is too large" },
  not_json: { status: 415, title: "The request is not JSON" },
  unprocessable: { status: 422, title: "The request asks for something that cannot be" },
  key_reused: { status: 422, title: "This idempotency key belongs to another request" },
  too_many: { status: 429, title: "Too many requests" },
  bug: { status: 500, title: "Something broke on our side" },
  away: { status: 503, title: "Our database cannot be reached right now" },
} as const;
export type ProblemKind = keyof typeof problemKinds;

/** Where it is: a JSON pointer into the body, or the name of a parameter of the address. */
export type Place = { pointer: string; detail: string } | { parameter: string; detail: string };

export type Problem = { kind: ProblemKind; detail: string; errors?: Place[]; retryAfter?: number };

export const problemSchema = z
  .object({
    type: z.string().meta({ description: "The kind of problem: an address in the documentation." }),
    title: z.string(),
    status: z.int(),
    detail: z.string().meta({ description: "What is wrong here, in a sentence." }),
    errors: z
      .array(
        z.object({
          pointer: z.string().optional().meta({ description: "A JSON pointer into the body: #/title" }),
          parameter: z.string().optional().meta({ description: "A parameter of the address." }),
          detail: z.string(),
        }),
      )
      .optional(),
  })
  .meta({ id: "Problem", description: "A refusal, by RFC 9457." });

/** The body of a refusal. */
export function problemBody({ kind, detail, errors }: Problem, publicUrl: string) {
  const { status, title } = problemKinds[kind];
  return { type: `${publicUrl}/api#${kind}`, title, status, detail, ...(errors && { errors }) };
}

type Root = "body" | "query";

/** What zod found wrong, each with its place and a sentence. */
export function placesOf(error: z.ZodError, root: Root): Place[] {
  return error.issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys") {
      const what = root === "body" ? "There is no such field." : "There is no such parameter.";
      return issue.keys.map((key) => placeAt([...issue.path, key], what, root));
    }
    return [placeAt(issue.path, sentenceOf(issue), root)];
  });
}

const escaped = (part: PropertyKey) => String(part).replaceAll("~", "~0").replaceAll("/", "~1").slice(0, 100);

const placeAt = (path: PropertyKey[], detail: string, root: Root): Place =>
  root === "body"
    ? { pointer: `#${path.map((part) => `/${escaped(part)}`).join("")}`, detail }
    : { parameter: path.map(escaped).join("."), detail };

const typeNames: Record<string, string> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "an object",
  array: "a list",
};

/** Sentences of our own schemas stay; zod's are for programmers of ours, not of others. */
function sentenceOf(issue: z.core.$ZodIssue): string {
  if (issue.code === "custom" || !/^(Invalid|Too |Unrecognized|No matching)/.test(issue.message))
    return issue.message;
  if (issue.code === "invalid_type") {
    if (/received undefined/.test(issue.message)) return "This is missing.";
    return `This must be ${typeNames[issue.expected] ?? issue.expected}.`;
  }
  if (issue.code === "invalid_value") return `This must be one of ${issue.values.map(String).join(", ")}.`;
  if (issue.code === "too_big") return `This must be at most ${amount(issue.maximum, issue.origin)}.`;
  if (issue.code === "too_small") return `This must be at least ${amount(issue.minimum, issue.origin)}.`;
  if (issue.code === "invalid_format" && issue.format === "uuid") return "This is not an id.";
  return "This is not valid.";
}

function amount(number: number | bigint, origin: string): string {
  const words = number.toLocaleString("en-GB");
  if (origin === "string") return `${words} characters long`;
  return origin === "array" ? `${words} long` : words;
}
