/** A page that asks again by itself. With scripts the page does that better, and a reload would only disturb. */
export function RefreshWithoutScript({ seconds }: { seconds: number }) {
  return (
    <noscript>
      <meta httpEquiv="refresh" content={String(seconds)} />
    </noscript>
  );
}
