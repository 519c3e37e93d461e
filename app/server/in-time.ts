/**
 * What `work` gives, for which it has `ms`. Rejects when it takes longer, as with a database that does not refuse but is
 * silent; `late` says so to the work, whose answer is to change nothing then: a newer one may have come before it.
 */
export async function inTime<T>(ms: number, work: (late: AbortSignal) => Promise<T>): Promise<T> {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      late.abort();
      reject(new Error("the database did not answer in time"));
    }, ms);
  });
  try {
    return await Promise.race([work(late.signal), silence]);
  } finally {
    clearTimeout(timer);
  }
}
