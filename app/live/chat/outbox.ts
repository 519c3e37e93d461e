/** A message of one's own that is on its way, or that did not arrive. */
export type Unsent = {
  id: string;
  text: string;
  replyTo: string | null;
  state: "sending" | "failed";
  /** What becomes of it, while it is on its way by the chat service's client: that may go before it arrives. */
  settled?: () => Promise<Settled> | undefined;
};

export type Settled = "taken" | "refused" | "failed";

/** Why a message was not taken, for the field: the text comes back to it. */
export type NotTaken = { text: string; message: string; waitSeconds?: number };

/** Where messages leave from: by the chat service's own client, or by ourselves while it is away. */
export type Outbox = {
  unsent: readonly Unsent[];
  /** Resolves when it was taken (undefined), or refused. One that did not arrive stays in `unsent`. */
  send: (message: { text: string; replyTo: string | null }) => Promise<NotTaken | undefined>;
  retry: (message: Unsent) => void;
  discard: (message: Unsent) => void;
};
