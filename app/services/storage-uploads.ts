import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListPartsCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { asked, orMissing } from "./storage-answer.ts";

export type StoredPart = { number: number; bytes: number; etag: string };
export type UploadOf = { key: string; uploadId: string };

/** One large object of numbered parts, which may come in any order, from several processes: all of one size but the last. */
export function storageUploads(client: S3Client, Bucket: string) {
  const named = ({ key, uploadId }: UploadOf) => ({ Bucket, Key: key, UploadId: uploadId });

  return {
    /** Gives the id of a new upload. Its object exists when `completeUpload` has resolved, and not before. */
    async beginUpload(key: string, contentType: string): Promise<string> {
      const begun = await asked(
        client.send(new CreateMultipartUploadCommand({ Bucket, Key: key, ContentType: contentType })),
      );
      return begun.UploadId!;
    },

    /** Gives the part's tag, which completing asks for. A part that was there is replaced. */
    async writePart(upload: UploadOf, number: number, bytes: Uint8Array): Promise<string> {
      const part = { PartNumber: number, Body: bytes, ContentLength: bytes.length };
      return (await asked(client.send(new UploadPartCommand({ ...named(upload), ...part })))).ETag ?? "";
    },

    /** What storage has of an upload; undefined when there is no such upload (any more). */
    async listParts(upload: UploadOf): Promise<StoredPart[] | undefined> {
      const found: StoredPart[] = [];
      let PartNumberMarker: string | undefined;
      do {
        const page = await orMissing(
          client.send(new ListPartsCommand({ ...named(upload), PartNumberMarker })),
        );
        if (!page) return undefined;
        for (const { PartNumber, Size, ETag } of page.Parts ?? [])
          found.push({ number: PartNumber ?? 0, bytes: Size ?? 0, etag: ETag ?? "" });
        PartNumberMarker = page.IsTruncated ? page.NextPartNumberMarker : undefined;
      } while (PartNumberMarker);
      return found;
    },

    async completeUpload(
      upload: UploadOf,
      parts: readonly Pick<StoredPart, "number" | "etag">[],
    ): Promise<void> {
      const Parts = [...parts]
        .sort((a, b) => a.number - b.number)
        .map(({ number, etag }) => ({ PartNumber: number, ETag: etag }));
      await asked(
        client.send(new CompleteMultipartUploadCommand({ ...named(upload), MultipartUpload: { Parts } })),
      );
    },

    /** Throws an upload away; one that is gone already is fine. */
    async abortUpload(upload: UploadOf): Promise<void> {
      await orMissing(client.send(new AbortMultipartUploadCommand(named(upload))));
    },

    /** The uploads under `prefix` that nobody has completed, of all pages. */
    async listUploads(prefix: string): Promise<(UploadOf & { begunAt: Date })[]> {
      const found: (UploadOf & { begunAt: Date })[] = [];
      let marker: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {};
      while (marker) {
        const page: ListMultipartUploadsCommandOutput = await asked(
          client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: prefix, ...marker })),
        );
        for (const { Key, UploadId, Initiated } of page.Uploads ?? [])
          if (Key && UploadId)
            found.push({ key: Key, uploadId: UploadId, begunAt: Initiated ?? new Date(0) });
        marker = page.IsTruncated
          ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
          : undefined;
      }
      return found;
    },
  };
}
