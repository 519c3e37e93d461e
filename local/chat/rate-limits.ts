import { ChatError } from "./chat-error.ts";

/**
 * Counts a person's requests to an endpoint in the running minute: more than `perMinute` are code 9 with the headers that
 * say when to come back (Stream's documentation of rate limits: 60 a minute for each person and endpoint).
 */
export function createRateLimits(perMinute: number) {
  let minute = 0;
  const counts = new Map<string, number>();
  return {
    count(userId: string, endpoint: string): void {
      const now = Math.floor(Date.now() / 60_000);
      if (now !== minute) counts.clear();
      minute = now;
      const key = `${userId} ${endpoint}`;
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      if (count <= perMinute) return;
      throw new ChatError(9, `Too many requests for user ${userId} in this minute`, {
        "x-ratelimit-limit": String(perMinute),
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": String((minute + 1) * 60),
      });
    },
  };
}
