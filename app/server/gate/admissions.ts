import { admit, type Admission, type Asking, type Participant } from "#app/domain/participants/admission.ts";
import type { Db } from "#db/client.ts";

type Waiting = {
  asking: Asking;
  note: (participant: Participant) => void;
  resolve: (admission: Admission) => void;
  reject: (error: unknown) => void;
};

/** While so many questions are under way, those that come are gathered for the next. */
const mostUnderWay = 2;
const mostTogether = 200;

/**
 * Asks for admissions. One who comes alone is asked about at once; when a house comes all at the same time, those who come
 * while the database answers are one question.
 */
export function createAdmissions(db: Db) {
  const waiting: Waiting[] = [];
  let underWay = 0;

  function next() {
    if (underWay >= mostUnderWay || waiting.length === 0) return;
    const together = waiting.splice(0, mostTogether);
    underWay += 1;
    admit(
      db,
      together.map(({ asking }) => asking),
      (at, participant) => together[at]?.note(participant),
    )
      .then(
        (answers) => together.forEach(({ resolve }, at) => resolve(answers[at]!)),
        (error: unknown) => together.forEach(({ reject }) => reject(error)),
      )
      .finally(() => {
        underWay -= 1;
        next();
      });
  }

  return {
    ask(asking: Asking, note: (participant: Participant) => void = () => {}): Promise<Admission> {
      return new Promise((resolve, reject) => {
        waiting.push({ asking, note, resolve, reject });
        next();
      });
    },
  };
}
