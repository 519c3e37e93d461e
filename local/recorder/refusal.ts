/** Twirp's error codes that we use, and the HTTP status of each (https://twitchtv.github.io/twirp/docs/errors.html). */
export const twirpStatus = {
  malformed: 400,
  invalid_argument: 400,
  unauthenticated: 401,
  not_found: 404,
  bad_route: 404,
  deadline_exceeded: 408,
  failed_precondition: 412,
  internal: 500,
  unimplemented: 501,
  unavailable: 503,
} as const;

export type TwirpCode = keyof typeof twirpStatus;

/** A refusal that the caller is told as it is. */
export class Refusal extends Error {
  code: TwirpCode;
  constructor(code: TwirpCode, message: string) {
    super(message);
    this.code = code;
  }
}

export const refuse = (code: TwirpCode, message: string) => new Refusal(code, message);
