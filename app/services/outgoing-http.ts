import * as dns from "node:dns";
import http from "node:http";
import https from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { isPublicAddress } from "./public-addresses.ts";
import { serviceError } from "./service-error.ts";

/** Nobody's answer is waited for longer, from the first look for its name to the last byte that is read. */
const timeoutMs = 10_000;
/** Of an answer so much is read, so that its connection ends well; nothing of it is kept. */
const mostAnswerBytes = 64 * 1024;

export type OutgoingHttp = {
  /**
   * Posts a body to somebody else's server and gives the status that it answers with, whichever. Follows no redirect.
   * Throws a ServiceError with one of these codes: `private_address` (nothing was sent), `timeout` (after 10 s),
   * `unreachable`, `tls`.
   */
  post(url: string, sent: { headers: Record<string, string>; body: string }): Promise<{ status: number }>;
};

/**
 * What sends to addresses that strangers chose. An address is judged as the numbers that the connection is made to, when
 * it is made: a name that answers otherwise the next time gains nothing. `allowPrivate` leaves that out; `lookup` finds
 * the numbers of a name (default: as the machine does).
 */
export function createOutgoingHttp({
  allowPrivate,
  lookup = dns.lookup as LookupFunction,
  timeout = timeoutMs,
}: {
  allowPrivate: boolean;
  lookup?: LookupFunction;
  /** In milliseconds. */
  timeout?: number;
}): OutgoingHttp {
  return {
    async post(url, { headers, body }) {
      const target = new URL(url);
      // No name is looked for where the host is numbers already, in whatever notation: URL has made it the usual one.
      const host = target.hostname.replace(/^\[|\]$/g, "");
      if (!allowPrivate && isIP(host) !== 0 && !isPublicAddress(host)) throw refused();
      return new Promise((resolve, reject) => {
        const client = target.protocol === "https:" ? https : http;
        const request = client.request(target, {
          method: "POST",
          headers: { ...headers, "content-length": String(Buffer.byteLength(body)) },
          // No connection is kept, and none is shared: each is judged.
          agent: false,
          lookup: allowPrivate ? lookup : onlyPublic(lookup),
          signal: AbortSignal.timeout(timeout),
        });
        request.on("error", (error) => reject(inOurWords(error)));
        request.on("response", (response) => {
          let bytes = 0;
          response.on("data", (chunk: Buffer) => {
            bytes += chunk.length;
            if (bytes > mostAnswerBytes) response.destroy();
          });
          // The status is there, however the rest ends.
          response.on("error", () => {});
          response.on("close", () => resolve({ status: response.statusCode ?? 0 }));
        });
        request.end(body);
      });
    },
  };
}

/** A lookup that refuses a name when any of its addresses may not be talked to: the connection may be made to each. */
function onlyPublic(lookup: LookupFunction): LookupFunction {
  return (name, options, answer) =>
    lookup(name, options, (error, found, family) => {
      if (error) return answer(error, found, family);
      const addresses = typeof found === "string" ? [found] : found.map(({ address }) => address);
      if (addresses.length > 0 && addresses.every(isPublicAddress)) answer(null, found, family);
      else answer(refused(), found, family);
    });
}

const refused = () =>
  serviceError("outgoing-http", "a private address was refused", {
    retryable: true,
    code: "private_address",
  });

function inOurWords(error: Error): Error {
  if (error.name === "ServiceError") return error;
  const { code = "" } = error as { code?: string };
  const late = error.name === "TimeoutError" || error.name === "AbortError" || code === "ETIMEDOUT";
  const tls = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO|DEPTH_ZERO|SELF_SIGNED|EPROTO)/.test(code);
  return serviceError("outgoing-http", "somebody else's server did not answer", {
    retryable: true,
    code: late ? "timeout" : tls ? "tls" : "unreachable",
  });
}
