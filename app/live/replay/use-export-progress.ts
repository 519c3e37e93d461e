import { useEffect, useState } from "react";
import { useReadAgain } from "../read-again.ts";

type Progress = { working: boolean; files: { kind: string; status: string; progress: number }[] };

/**
 * How far each file on a recording's page is, 0 to 1, while something is made; null before it is known. Asks for that alone,
 * and for the page itself once something has come of it. A page that nobody looks at does not ask.
 */
export function useExportProgress(page: string, working: boolean): ReadonlyMap<string, number> | null {
  const readAgain = useReadAgain();
  const [progress, setProgress] = useState<ReadonlyMap<string, number> | null>(null);
  useEffect(() => {
    setProgress(null);
    if (!working) return;
    const leaving = new AbortController();
    let before: string | undefined;
    const ask = async () => {
      if (document.visibilityState !== "visible") return;
      const answer = await fetch(`${page}/progress.json`, { signal: leaving.signal });
      if (!answer.ok || !answer.headers.get("content-type")?.includes("json")) return;
      const now = (await answer.json()) as Progress;
      setProgress(new Map(now.files.map(({ kind, progress }) => [kind, progress])));
      const ready = now.files.filter(({ status }) => status === "ready").map(({ kind }) => kind);
      const mark = `${now.working} ${ready.join()}`;
      if (!now.working || (before !== undefined && before !== mark)) readAgain(0);
      before = mark;
    };
    // What cannot be asked right now is asked the next time.
    const timer = setInterval(() => void ask().catch(() => {}), 2_000);
    return () => {
      clearInterval(timer);
      leaving.abort();
    };
  }, [page, working, readAgain]);
  return progress;
}
