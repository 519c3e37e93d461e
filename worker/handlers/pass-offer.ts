import { offerSeats } from "#app/domain/passes/offers.ts";
import type { Handler } from "./index.ts";

export const passOffer: Handler<"pass.offer"> = async ({ db, queue }, { passId }) => {
  await offerSeats(db, queue, { passId });
};
