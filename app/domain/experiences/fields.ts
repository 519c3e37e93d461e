import { z } from "zod";
import { oneLine, severalLines } from "../text.ts";

export const experienceForm = z.object({
  name: oneLine({ most: 80, what: "The name" }),
  description: severalLines({ most: 5000, what: "The description" }),
});
