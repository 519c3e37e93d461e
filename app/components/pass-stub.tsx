import { Form } from "@remix-run/react";
import { ButtonLink, SubmitButton } from "./button.tsx";

/** Where somebody stands to a pass; the words of `passStateOf`. */
export type PassStanding =
  | "held"
  | "retired"
  | "over"
  | "banned"
  | "asked"
  | "taken_back"
  | "off_sale"
  | "offered"
  | "not_yet"
  | "sale_over"
  | "ask"
  | "waiting"
  | "sold_out"
  | "claim";

/** Addresses that lead back to the stream that somebody came from. */
export type PassPaths = { here: string; wait: string; request: string; stream: string | null };

type PassStubProps = {
  state: PassStanding;
  own: { email: string | null; grantStatus: string | null; requestStatus: string | null };
  paths: PassPaths;
};

/** Behind the perforation of a pass's page: the one thing to do. */
export function PassStub({ state, own, paths }: PassStubProps) {
  if (state === "held")
    return (
      <ButtonLink kind="go" to={paths.stream ?? "/account/experiences"}>
        {paths.stream ? "To the stream" : "See what you can watch"}
      </ButtonLink>
    );
  const word = words[state];
  if (word) return <span className="small">{word}</span>;
  if (!own.email)
    return (
      <ButtonLink kind="go" to={`/sign-in?to=${encodeURIComponent(paths.here)}`}>
        {signInWords[state] ?? "Sign in to get it"}
      </ButtonLink>
    );
  if (state === "ask")
    return (
      <ButtonLink kind="go" to={paths.request}>
        {own.requestStatus === "declined" ? "Ask again" : "Ask for it"}
      </ButtonLink>
    );
  if (state === "sold_out")
    return (
      <Form method="post" action={paths.wait}>
        <SubmitButton kind="go" pending="Joining…" formAction={paths.wait}>
          Join the waiting list
        </SubmitButton>
      </Form>
    );
  return (
    <Form method="post">
      <SubmitButton kind="go" pending="Getting it…">
        {state === "offered"
          ? "Take your seat"
          : own.grantStatus === "expired"
            ? "Get it again"
            : "Get it, free"}
      </SubmitButton>
    </Form>
  );
}

const signInWords: Partial<Record<PassStanding, string>> = {
  ask: "Sign in to ask for it",
  sold_out: "Sign in to wait for it",
};

const words: Partial<Record<PassStanding, string>> = {
  retired: "No longer given",
  over: "No longer given",
  sale_over: "No longer given",
  off_sale: "Not given now",
  not_yet: "Not yet",
  banned: "Not for you",
  taken_back: "Not for you",
  asked: "You have asked",
  waiting: "You are waiting",
};
