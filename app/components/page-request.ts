import { createContext, useContext } from "react";

/**
 * What is known of the request that this document answers: the nonce its scripts carry (empty in the browser, which
 * hides it from scripts) and the id under which the server logged it, which a page about a failure tells.
 */
export const PageRequest = createContext({ nonce: "", id: "" });

export function usePageRequest() {
  return useContext(PageRequest);
}
