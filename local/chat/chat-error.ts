/**
 * A refusal as the service gives it: HTTP status and `{code, message, StatusCode, duration, more_info, details}`. Clients
 * go by the code (stream-chat, `errors.ts`; Stream's documentation of API errors).
 */
export class ChatError extends Error {
  readonly code: number;
  readonly status: number;
  readonly headers: Record<string, string>;

  constructor(code: ChatErrorCode, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.code = code;
    this.status = statuses[code];
    this.headers = headers;
  }

  toBody() {
    return {
      code: this.code,
      message: this.message,
      StatusCode: this.status,
      duration: "0.00ms",
      more_info: "https://getstream.io/chat/docs/api_errors_response",
      details: [],
    };
  }
}

const statuses = {
  2: 401, // unknown API key
  4: 400, // bad input, also an id that is taken
  5: 401, // authentication failed
  9: 429, // too many requests
  16: 404, // does not exist
  17: 403, // not allowed
  18: 400, // an event that the channel type does not have
  19: 400, // a feature that is off
  20: 400, // message too long
  22: 413, // body too large
  40: 401, // token expired or revoked: the SDK asks its token provider for another
  41: 401, // token not valid yet
  42: 401, // token from the future (iat)
  43: 401, // wrong signature
  46: 400, // unknown connection_id
  60: 403, // slow mode
  503: 503, // its database is away: like the next, no code of the real service
  501: 501, // this server does not know how; no code of the real service
} as const;

export type ChatErrorCode = keyof typeof statuses;

export const badInput = (what: string, why: string) =>
  new ChatError(4, `${what} failed with error: "${why}"`);
export const notFound = (what: string, why: string) =>
  new ChatError(16, `${what} failed with error: "${why}"`);
export const notAllowed = (what: string, why: string) =>
  new ChatError(17, `${what} failed with error: "${why}"`);
