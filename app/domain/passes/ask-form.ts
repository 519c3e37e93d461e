import { z } from "zod";
import { oneLine } from "../text.ts";

/** What somebody says who asks for a pass. */
export const askForm = z.object({ words: oneLine({ most: 500, least: 0, what: "This" }) });
