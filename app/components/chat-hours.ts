/** When chat opens, as the form's choices say it. */
export const chatBeforeWords = {
  then: "Opens 30 minutes before, or at the rehearsal",
  always: "Is open at once",
  never: "Opens when the stream is live",
};
