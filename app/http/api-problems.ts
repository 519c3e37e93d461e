/** For people who write programs: each kind of refusal of the API, and what to do about it. */
export const problemWords = [
  { kind: "invalid", status: 400, words: "Put right what `errors` names, and send it again." },
  { kind: "unauthorized", status: 401, words: "Send a key that works. A revoked one stays revoked." },
  { kind: "scope", status: 403, words: "Make a key with the scope that the detail names." },
  { kind: "not_found", status: 404, words: "Look at the address and the id: this space has no such thing." },
  { kind: "method", status: 405, words: "Take one of the methods in `Allow`." },
  { kind: "conflict", status: 409, words: "Read the thing again: it is in another state than you thought." },
  { kind: "running", status: 409, words: "Wait a second, and send the same request again." },
  { kind: "too_large", status: 413, words: "Send less than 64 KiB." },
  { kind: "not_json", status: 415, words: "Send `Content-Type: application/json`, not compressed." },
  {
    kind: "unprocessable",
    status: 422,
    words: "Put right what `errors` names: it is well formed, and cannot be.",
  },
  { kind: "key_reused", status: 422, words: "Take a new idempotency key for another request." },
  { kind: "too_many", status: 429, words: "Wait as many seconds as `Retry-After` says." },
  { kind: "bug", status: 500, words: "Send it again with the same idempotency key; if it stays, tell us." },
  { kind: "away", status: 503, words: "Send it again in some seconds, with the same idempotency key." },
];
