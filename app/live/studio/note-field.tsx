import { TextArea } from "#app/components/field.tsx";

/** As the server counts (`app/domain/streams/note.ts`). */
const mostCharacters = 1000;

/** What those who wait are told. */
export function NoteField({ note, error }: { note: string; error?: string[] }) {
  return (
    <TextArea
      label="Note to those who wait"
      hint={`Stands on the stream's page until it goes live, for everybody who may watch. Plain text of at most ${mostCharacters.toLocaleString("en-GB")} characters; addresses that begin with https:// become links.`}
      name="note"
      rows={4}
      defaultValue={note}
      error={error}
    />
  );
}
