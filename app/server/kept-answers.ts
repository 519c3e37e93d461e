/**
 * Keeps what `make` gave for `keepMs`, so that the same question, however often it is asked, is work once in that time; also
 * who asks while it is being made waits for that. At most so many answers, the latest. A failure is not kept.
 */
export function keepAnswers<T>({ keepMs, most }: { keepMs: number; most: number }) {
  const kept = new Map<string, { answer: Promise<T>; until: number }>();
  return (question: string, make: () => Promise<T>): Promise<T> => {
    const known = kept.get(question);
    if (known && performance.now() < known.until) return known.answer;
    const answer = make();
    kept.delete(question);
    const [oldest] = kept.keys();
    if (kept.size >= most && oldest !== undefined) kept.delete(oldest);
    const mine = { answer, until: performance.now() + keepMs };
    kept.set(question, mine);
    answer.catch(() => kept.get(question) === mine && kept.delete(question));
    return answer;
  };
}
