/** What takes longer than this waits for something else than the database's processor: later lists need not wait for it. */
const longestMs = 1_000;

/**
 * Has questions that come at the same time answered together: `answerAll` gets them, and gives the answers in their order.
 * Nothing is kept: each question is asked after it came. No more than two lists are begun at once, so that what comes
 * meanwhile makes the next one. Those of one list wait for each other, however long that takes; who comes later waits no longer
 * than a second for a list that hangs.
 */
export function gather<Question, Answer>(
  answerAll: (questions: Question[]) => Promise<Answer[]>,
  { most = 200, atOnce = 2, longest = longestMs } = {},
): (question: Question) => Promise<Answer> {
  type Waiting = { question: Question; resolve: (answer: Answer) => void; reject: (error: unknown) => void };
  let waiting: Waiting[] = [];
  let underWay = 0;
  let soon = false;

  function later() {
    if (soon || waiting.length === 0 || underWay >= atOnce) return;
    soon = true;
    setImmediate(begin);
  }

  function begin() {
    soon = false;
    const mine = waiting.slice(0, most);
    waiting = waiting.slice(most);
    underWay += 1;
    let counted = true;
    const end = () => {
      clearTimeout(timer);
      if (counted) underWay -= 1;
      counted = false;
      later();
    };
    const timer = setTimeout(end, longest);
    answerAll(mine.map(({ question }) => question))
      .then(
        (answers) => mine.forEach(({ resolve }, at) => resolve(answers[at]!)),
        (error: unknown) => mine.forEach(({ reject }) => reject(error)),
      )
      .finally(end);
    later();
  }

  return (question) =>
    new Promise<Answer>((resolve, reject) => {
      waiting.push({ question, resolve, reject });
      later();
    });
}
