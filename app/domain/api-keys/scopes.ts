/** What a key may do: each noun of the API, read or written. Writing gives the changed thing back, and lists nothing. */
export const scopes = [
  "grants:read",
  "grants:write",
  "passes:read",
  "passes:write",
  "streams:read",
  "streams:write",
] as const;
export type Scope = (typeof scopes)[number];

export const scopeWords: Record<Scope, string> = {
  "grants:read": "See who holds which pass, with their mail addresses",
  "grants:write": "Give passes to people, take them back, mark them as paid back",
  "passes:read": "See the passes, retired ones too",
  "passes:write": "Make passes, change and retire them",
  "streams:read": "See the streams, past ones too",
  "streams:write": "Schedule streams, change and cancel them",
};
