/** What a space can be told of, and what a message about it carries. */
export const eventTypes = [
  "grant.created",
  "grant.changed",
  "grant.ended",
  "stream.live",
  "stream.ended",
  "recording.ready",
] as const;
export type EventType = (typeof eventTypes)[number];

export const eventWords: Record<EventType, string> = {
  "grant.created": "Somebody got a pass: claimed it, or was given it",
  "grant.changed": "A pass that somebody holds was changed",
  "grant.ended": "A pass that somebody held ran out, was taken back or paid back",
  "stream.live": "A stream went live",
  "stream.ended": "A live stream ended",
  "recording.ready": "A replay is ready to be watched",
};

/** The message that an owner sends to see whether one arrives. */
export const testType = "webhook.test";

/** For a form: each type with its words. */
export const eventChoices = eventTypes.map((type) => ({ value: type, label: eventWords[type], hint: type }));
