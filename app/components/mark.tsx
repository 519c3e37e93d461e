/** Three seats of the front row, the middle one lit. */
export function Mark() {
  return (
    <svg className="mark-seats" viewBox="0 0 36 18" width="30" height="15" aria-hidden="true">
      <path d="M0 17V9a5 5 0 0 1 10 0v8z" opacity=".3" />
      <path className="mark-lit" d="M13 17V6a5 5 0 0 1 10 0v11z" />
      <path d="M26 17V9a5 5 0 0 1 10 0v8z" opacity=".3" />
    </svg>
  );
}
