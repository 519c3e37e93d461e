import { isServiceError } from "#app/services/service-error.ts";

/**
 * Does something with each, one after another. One with which it fails does not keep the others waiting, unless a service
 * does not answer: that ends the turn. Throws the first failure.
 */
export async function eachOf<Item>(items: Item[], act: (item: Item) => Promise<unknown>): Promise<void> {
  let failure: unknown;
  for (const item of items) {
    try {
      await act(item);
    } catch (error) {
      failure ??= error;
      if (isServiceError(error) && error.retryable) break;
    }
  }
  if (failure) throw failure;
}
