import { SaidText } from "../../chat/said-text.tsx";

/** What the host tells those who wait; who listens to the page hears each new one. Links lead to another tab, so that nobody loses the stream. */
export function HostNote({ note }: { note: string }) {
  return (
    <div className="host-note-place" role="status">
      {note !== "" && (
        <section className="host-note" aria-labelledby="host-note">
          <h2 className="small" id="host-note">
            A note from the host
          </h2>
          <p dir="auto">
            <SaidText text={note} />
          </p>
        </section>
      )}
    </div>
  );
}
