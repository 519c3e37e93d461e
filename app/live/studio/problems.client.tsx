import { Notice } from "#app/components/notice.tsx";
import type { SourceName, Sources } from "./sources.client.ts";
import { useSourcesState } from "./use-sources.client.ts";

const order: SourceName[] = ["camera", "microphone", "screen"];

/** What is wrong with a device, and what to do about it. */
export function DeviceProblems({ sources }: { sources: Sources }) {
  const state = useSourcesState(sources);
  const problems = order.flatMap((name) => {
    const source = state[name];
    return source.kind === "failed" || source.kind === "lost" ? [{ name, problem: source.problem }] : [];
  });
  return (
    <div role="status" className="studio-said">
      {problems.map(({ name, problem }) => (
        <Notice key={name} kind="error">
          {problem}
        </Notice>
      ))}
    </div>
  );
}
