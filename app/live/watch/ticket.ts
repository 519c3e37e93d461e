import { claimTab, tabKey } from "../tab.ts";

/** What we are answered when a tab asks to join the live room. */
export type TicketAnswer =
  | { ok: true; url: string | null; token: string }
  | { ok: false; reason: "no_access" | "not_live" | "devices" | "hls" | "signed_out" | "gone" };

/** Asks for a ticket to the room (`path`: the watch page's own). Rejects when no answer came that can be read. */
export async function askForTicket(path: string): Promise<TicketAnswer> {
  const response = await fetch(`${path}/ticket`, {
    method: "POST",
    body: new URLSearchParams({ tab: await claimTab() }),
    signal: AbortSignal.timeout(10_000),
  });
  return readTicket(response);
}

/** What the answer to such a question says. Rejects as `askForTicket` does. */
export async function readTicket(response: Response): Promise<TicketAnswer> {
  if (response.status === 401) return { ok: false, reason: "signed_out" };
  if (response.status === 404) return { ok: false, reason: "gone" };
  if (!response.ok && response.status !== 403 && response.status !== 409)
    throw new Error(`no ticket (${response.status})`);
  return (await response.json()) as TicketAnswer;
}

/**
 * The same question as an expression for a page's first lines, when no file of ours is there yet: a promise of the
 * response. Undefined for a tab that has an id already, since whether that is its own takes a lock to find out.
 */
export const earlyTicket = (path: string) =>
  `(function(path,key){try{if(sessionStorage.getItem(key)||!navigator.locks)return;
var tab="t"+Array.from(crypto.getRandomValues(new Uint32Array(4)),function(part){return part.toString(36)}).join("");
sessionStorage.setItem(key,tab);
return fetch(path+"/ticket",{method:"POST",body:new URLSearchParams({tab:tab})})
}catch(error){}})(${JSON.stringify(path)},${JSON.stringify(tabKey)})`;
