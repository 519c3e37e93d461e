const longestMs = 8_000;
/** Meanwhile something else is shown, which needs the line for itself. */
const patientMs = 30_000;
/** Of many who do not come in each asks rarely in the end: the ticket that it gets counts as a place for a while. */
const longestPatientMs = 5 * 60_000;

/** The longest pause before the next try to join a room, after so many `failures` in a row. */
export const pauseMs = (failures: number): number => Math.min(longestMs, 250 * 2 ** failures);

/** The same where something else is shown, after so many tries in a row that began with that. */
export const patientPauseMs = (tries: number): number => Math.min(longestPatientMs, patientMs * 1.5 ** tries);
