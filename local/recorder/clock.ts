/** Now, in nanoseconds since 1970, as protobuf's JSON writes 64-bit numbers. */
export function nanosNow(): string {
  return nanosOf(performance.timeOrigin + performance.now());
}

export function nanosOf(milliseconds: number): string {
  return String(BigInt(Math.round(milliseconds * 1000)) * 1000n);
}
