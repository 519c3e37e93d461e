import path from "node:path";

/** The checkout: where the product's own programs and packages are. */
export const root = path.dirname(import.meta.dirname);
