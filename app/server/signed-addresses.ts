import type { Services } from "#app/context.ts";

/** An address is good for at least what is left of a minute then. */
const sharedMs = 10_000;
const goodSeconds = 60;

export type SignedAddresses = ReturnType<typeof createSignedAddresses>;
type Wish = { contentType: string; disposition?: string };

/**
 * Addresses in storage, each signed once for all who are sent there in the same ten seconds: whoever gets one may have
 * the object, and it does not say who that is. Good for 50 to 60 seconds.
 */
export function createSignedAddresses({ storage }: Pick<Services, "storage">) {
  const kept = new Map<string, Promise<string>>();

  return (key: string, { contentType, disposition }: Wish): Promise<string> => {
    const name = [key, contentType, disposition].join("\n");
    const known = kept.get(name);
    if (known) return known;
    const address = storage.sign(key, { seconds: goodSeconds, contentType, disposition });
    const forget = () => void kept.delete(name);
    kept.set(name, address);
    setTimeout(forget, sharedMs).unref();
    address.catch(forget);
    return address;
  };
}
