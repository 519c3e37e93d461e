/** When something is possible again: "in 40 seconds", "in 12 minutes". */
export function waitInWords(seconds: number): string {
  if (seconds <= 1) return "in a second";
  if (seconds < 90) return `in ${Math.ceil(seconds)} seconds`;
  if (seconds < 5400) return `in ${Math.ceil(seconds / 60)} minutes`;
  return `in ${Math.ceil(seconds / 3600)} hours`;
}
