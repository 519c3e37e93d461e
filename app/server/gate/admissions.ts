import { admit, type Admission, type Asking, type Participant } from "#app/domain/participants/admission.ts";
import type { Db } from "#db/client.ts";
import { inTime } from "../in-time.ts";

type Waiting = {
  asking: Asking;
  note: (participant: Participant) => void;
  /** Whoever asks has gone by then. */
  late: AbortSignal;
  resolve: (admission: Admission) => void;
  reject: (error: unknown) => void;
};

/** While so many questions are under way, those that come are gathered for the next. */
const mostUnderWay = 2;
const mostTogether = 200;
/** For a question, and for who waits for its turn. */
const patienceMs = 5_000;

/**
 * Asks for admissions. One who comes alone is asked about at once; when a house comes all at the same time, those who come
 * while the database answers are one question. Rejects within five seconds when it does not.
 */
export function createAdmissions(db: Db) {
  const waiting: Waiting[] = [];
  let underWay = 0;

  function next() {
    if (underWay >= mostUnderWay || waiting.length === 0) return;
    const together = waiting.splice(0, mostTogether);
    const note = (at: number, participant: Participant) => {
      const one = together[at];
      if (one && !one.late.aborted) one.note(participant);
    };
    underWay += 1;
    inTime(patienceMs, () =>
      admit(
        db,
        together.map(({ asking }) => asking),
        note,
      ),
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
      return inTime(
        patienceMs,
        (late) =>
          new Promise((resolve, reject) => {
            const mine = { asking, note, late, resolve, reject };
            late.addEventListener("abort", () => {
              const at = waiting.indexOf(mine);
              if (at >= 0) waiting.splice(at, 1);
            });
            waiting.push(mine);
            next();
          }),
      );
    },
  };
}
