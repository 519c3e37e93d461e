import { decodeJwt, type JWTPayload, jwtVerify, SignJWT } from "jose";
import { databaseNow } from "./clock.ts";

const keyOf = (secret: string) => new TextEncoder().encode(secret);

/** LiveKit's own leeway for tokens that it made. */
const leewaySeconds = 10;

/**
 * A token that the SDK made, with its times by the database's clock: the SDK takes them from this machine's, and LiveKit
 * refuses what is of the past or of the future.
 */
export async function byDatabaseClock(token: string, secret: string): Promise<string> {
  const shift = Math.round((databaseNow() - Date.now()) / 1000);
  if (shift === 0) return token;
  const { nbf, exp, ...claims } = decodeJwt(token);
  return new SignJWT({ ...claims, nbf: (nbf ?? 0) + shift, exp: (exp ?? 0) + shift })
    .setProtectedHeader({ alg: "HS256" })
    .sign(keyOf(secret));
}

type Client = { authHeader(...grants: never[]): Promise<Record<string, string>> };

/** The same for what a client of the SDK asks with. */
export function askingByDatabaseClock<Asking extends Client>(client: Asking, secret: string): Asking {
  const authHeader = client.authHeader.bind(client);
  client.authHeader = async (...grants) => {
    const { Authorization = "" } = await authHeader(...grants);
    return {
      Authorization: `Bearer ${await byDatabaseClock(Authorization.replace(/^Bearer /, ""), secret)}`,
    };
  };
  return client;
}

/** What a token says that was signed with this pair and is valid now, by `now` in ms; throws otherwise. */
export async function readSigned(
  token: string,
  { key, secret, now = databaseNow() }: { key: string; secret: string; now?: number },
): Promise<JWTPayload> {
  const { payload } = await jwtVerify(token, keyOf(secret), {
    algorithms: ["HS256"],
    issuer: key,
    currentDate: new Date(now),
    clockTolerance: leewaySeconds,
    requiredClaims: ["exp"],
  });
  return payload;
}
