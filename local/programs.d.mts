export type Program = {
  /** What it is called on PATH and in the caches. */
  name: string;
  /** The Go package that it is built from, and the one release that was tried. */
  module: string;
  version: string;
  /** The variable that names one that runs elsewhere. */
  instead: string;
  /** Words that end "Get it …". */
  elsewhere: string;
};

type Search = {
  /** Folders where built programs are kept: this checkout's, and the person's (default `~/.cache/frontrow/bin`). */
  localCache: string;
  userCache?: string;
  /** Instead of PATH. */
  path?: string;
  onLine?: (line: string) => void;
  /** Ends a build that goes on. */
  closing?: AbortSignal;
};

export const livekitServer: Program;
export const versitygw: Program;
export function findProgram(program: Program, search: Search): Promise<string>;
export function neededPrograms(env: Record<string, string | undefined>): Program[];
