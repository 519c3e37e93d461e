import { z } from "zod";
import { emailAddress } from "../text.ts";

export const giveForm = z.object({ email: emailAddress });
