import { usePageRequest } from "#app/components/page-request.ts";
import { earlyTicket } from "./ticket.ts";
import { picturedKey } from "./pictured-key.ts";
import type { LiveFiles } from "./watch-data.ts";

/**
 * The first lines of a live page: the browser fetches the picture's files at once, and joins while React is still being
 * read. A page that goes live while it is open does not run them: it has fetched them by then.
 */
export function LiveHead({ path, files }: { path: string; files: LiveFiles }) {
  const { nonce } = usePageRequest();
  const call = [files.room, files.begin, path].map((text) => JSON.stringify(text));
  // All at once: whatever is asked for only when the file before it is there stands behind all of React.
  const script = `(function(ticket,room){ticket&&ticket.catch(function(){});window.${picturedKey}=import(${call[1]}).then(function(m){return m.begin(${call[2]},room,ticket)}).catch(function(){})})(${earlyTicket(path)},import(${call[0]}))`;
  return (
    <>
      <script
        nonce={nonce}
        suppressHydrationWarning
        dangerouslySetInnerHTML={{ __html: script.replaceAll("<", "\\u003c") }}
      />
      {files.files.map((file) => (
        <link key={file} rel="modulepreload" href={file} />
      ))}
    </>
  );
}
