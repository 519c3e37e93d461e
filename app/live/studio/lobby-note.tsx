import { useFetcher } from "@remix-run/react";
import { Button } from "#app/components/button.tsx";
import { NoteField } from "./note-field.tsx";

type NoteAnswer = { saved: true } | { problems: { note?: string[] }; typed: Record<string, unknown> };

type LobbyNoteProps = {
  /** The studio's own path. */
  studioPath: string;
  note: string;
};

/** The note to those who wait, saved from the studio without leaving it; without scripts its own page answers. */
export function LobbyNote({ studioPath, note }: LobbyNoteProps) {
  const fetcher = useFetcher<NoteAnswer>();
  const answer = fetcher.state === "idle" ? fetcher.data : undefined;
  const problems = answer && "problems" in answer ? answer.problems : undefined;
  // With scripts the address says where the form stands; what a browser sends by itself comes to the note's own page.
  const action = `${studioPath}/note`;
  return (
    <fetcher.Form
      className="form"
      method="post"
      action={action}
      onSubmit={(event) => {
        event.preventDefault();
        fetcher.submit(event.currentTarget, { method: "post", action: `${action}?studio` });
      }}
    >
      <NoteField note={note} error={problems?.note} />
      <p className="row">
        <Button pending={fetcher.state !== "idle" && "Saving…"}>Save the note</Button>
        <span className="small" role="status">
          {answer && "saved" in answer && "Saved. Everybody who waits sees it now."}
        </span>
      </p>
    </fetcher.Form>
  );
}
