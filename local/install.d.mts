export function whyInstall(root: string): string | undefined;
/** Notes which of our patches the installed packages have. */
export function notePatches(root: string): void;
