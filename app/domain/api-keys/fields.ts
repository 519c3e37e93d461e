import { z } from "zod";
import { oneLine } from "../text.ts";
import { scopes } from "./scopes.ts";

/** The form that makes a key. */
export const keyForm = z.object({
  name: oneLine({ most: 80, what: "The name" }),
  scopes: z
    .array(z.enum(scopes, "This is not one of the choices."))
    .default([])
    .refine((chosen) => chosen.length > 0, "Choose at least one thing that this key may do."),
  formKey: z.uuid("This form is not complete. Reload the page."),
});
