/** What a vendor could not do for us. `retryable` says whether the same request may succeed later. */
export type ServiceError = Error & { service: string; retryable: boolean; code: string };

/** Makes a ServiceError. The message must be free of tokens, keys and signed URLs: it is logged. */
export function serviceError(
  service: string,
  message: string,
  { retryable, code = "unknown", cause }: { retryable: boolean; code?: string; cause?: unknown },
): ServiceError {
  return Object.assign(new Error(`${service}: ${message}`, { cause }), {
    name: "ServiceError",
    service,
    retryable,
    code,
  });
}

export function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && error.name === "ServiceError" && "retryable" in error;
}
