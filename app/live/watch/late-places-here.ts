import { Ended } from "./ended.tsx";
import { keep } from "./late-place.tsx";
import { Refused } from "./refused.tsx";

/** For the server, which renders a page in one go. */
keep("ended", { Part: Ended });
keep("refused", { Part: Refused });
