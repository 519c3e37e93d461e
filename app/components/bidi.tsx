/** Around text that people wrote: its direction, and overrides in it, stay inside. */
export function Bidi({ children }: { children: string }) {
  return <bdi>{children}</bdi>;
}
