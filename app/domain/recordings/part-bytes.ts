import { serviceError } from "#app/services/service-error.ts";
import type { Storage } from "#app/services/storage.ts";
import { sha256 } from "./export-pieces.ts";
import type { Part } from "./parts.ts";

/** The bytes of a verified segment; undefined when it is gone. Rejects when they are not those that were verified. */
export async function readPart(storage: Storage, part: Part): Promise<Uint8Array | undefined> {
  const bytes = await storage.read(part.key);
  if (!bytes || sha256(bytes) === part.sha256) return bytes;
  throw serviceError("storage", "a verified segment is not what it was", {
    retryable: true,
    code: "changed",
  });
}
