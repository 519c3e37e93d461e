import { serviceError } from "./service-error.ts";

/** What storage answers. Rejects with a ServiceError when it does not, or refuses. */
export async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const { name = "unknown", $metadata } = error as {
      name?: string;
      $metadata?: { httpStatusCode?: number };
    };
    const status = $metadata?.httpStatusCode ?? 0;
    throw serviceError("storage", `request failed (${name})`, {
      retryable: status === 0 || status >= 500 || status === 429,
      code: name,
    });
  }
}

/** The same, with undefined for what is not there. */
export async function orMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await asked(answer);
  } catch (error) {
    const code = (error as { code?: string }).code;
    if (code === "NoSuchKey" || code === "NotFound" || code === "NoSuchUpload") return undefined;
    throw error;
  }
}
