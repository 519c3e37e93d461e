import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import type { Readable } from "node:stream";
import type { StorageConfig } from "#app/config.ts";
import { serviceError } from "./service-error.ts";

export type StoredObject = { key: string; bytes: number; etag: string; modifiedAt: Date };
export type ObjectRange = { start: number; end: number };
export type Storage = ReturnType<typeof createStorage>;

/**
 * Object storage (R2 or anything that speaks S3). Every function throws a ServiceError when storage cannot be reached
 * or refuses; a missing object is undefined, not an error.
 */
export function createStorage(config: StorageConfig) {
  const client = new S3Client({
    endpoint: config.endpoint,
    region: config.region,
    credentials: { accessKeyId: config.accessKeyId, secretAccessKey: config.secretAccessKey },
    forcePathStyle: true,
    // R2-class stores reject the SDK's default checksums, and presigned URLs carry a wrong one.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    maxAttempts: 3,
    // Until an answer begins: a store that has gone silent must not hold a worker for ever.
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 30_000, throwOnRequestTimeout: true },
  });
  const Bucket = config.bucket;

  return {
    client,
    bucket: Bucket,

    /** Objects under `prefix`, all pages, in key order; with `after` only those whose keys come behind it. */
    async list(prefix: string, { after }: { after?: string } = {}): Promise<StoredObject[]> {
      const found: StoredObject[] = [];
      let ContinuationToken: string | undefined;
      do {
        const page = await asked(
          client.send(
            new ListObjectsV2Command({ Bucket, Prefix: prefix, StartAfter: after, ContinuationToken }),
          ),
        );
        for (const { Key, Size, ETag, LastModified } of page.Contents ?? []) {
          if (Key)
            found.push({
              key: Key,
              bytes: Size ?? 0,
              etag: plain(ETag),
              modifiedAt: LastModified ?? new Date(0),
            });
        }
        ContinuationToken = page.NextContinuationToken;
      } while (ContinuationToken);
      return found;
    },

    async head(key: string): Promise<StoredObject | undefined> {
      const head = await orMissing(client.send(new HeadObjectCommand({ Bucket, Key: key })));
      return (
        head && {
          key,
          bytes: head.ContentLength ?? 0,
          etag: plain(head.ETag),
          modifiedAt: head.LastModified ?? new Date(0),
        }
      );
    },

    /** All bytes of a small object (a segment, a picture). */
    async read(key: string): Promise<Uint8Array | undefined> {
      const object = await orMissing(client.send(new GetObjectCommand({ Bucket, Key: key })));
      return object?.Body && (await asked(object.Body.transformToByteArray()));
    },

    /**
     * A stream of an object, or of the bytes `start` to `end` of it (both counted). Destroy it when the reader leaves.
     */
    async open(key: string, range?: ObjectRange): Promise<{ body: Readable; bytes: number } | undefined> {
      const Range = range && `bytes=${range.start}-${range.end}`;
      const object = await orMissing(client.send(new GetObjectCommand({ Bucket, Key: key, Range })));
      return object?.Body && { body: object.Body as Readable, bytes: object.ContentLength ?? 0 };
    },

    async write(key: string, body: Uint8Array, contentType: string): Promise<void> {
      await asked(
        client.send(new PutObjectCommand({ Bucket, Key: key, Body: body, ContentType: contentType })),
      );
    },

    /**
     * Begins one large object of numbered parts, which may come in any order: all of one size but the last. It exists
     * when `complete` has resolved, and not at all after `abort`.
     */
    async beginUpload(key: string, contentType: string) {
      const begun = await asked(
        client.send(new CreateMultipartUploadCommand({ Bucket, Key: key, ContentType: contentType })),
      );
      const upload = { Bucket, Key: key, UploadId: begun.UploadId };
      const etags = new Map<number, string | undefined>();
      return {
        async writePart(number: number, bytes: Uint8Array): Promise<void> {
          const part = new UploadPartCommand({
            ...upload,
            PartNumber: number,
            Body: bytes,
            ContentLength: bytes.length,
          });
          etags.set(number, (await asked(client.send(part))).ETag);
        },
        async complete(): Promise<void> {
          const Parts = [...etags]
            .sort(([a], [b]) => a - b)
            .map(([PartNumber, ETag]) => ({ PartNumber, ETag }));
          await asked(
            client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } })),
          );
        },
        async abort(): Promise<void> {
          await asked(client.send(new AbortMultipartUploadCommand(upload)));
        },
      };
    },

    /** Throws away what uploads under `prefix` left when their process was killed. */
    async abortUploads(prefix: string): Promise<void> {
      const { Uploads = [] } = await asked(
        client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: prefix })),
      );
      for (const { Key, UploadId } of Uploads) {
        await orMissing(client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId })));
      }
    },

    /** Removes an object; one that is gone already is fine. */
    async remove(key: string): Promise<void> {
      await orMissing(client.send(new DeleteObjectCommand({ Bucket, Key: key })));
    },

    /** A URL that reads one object for `seconds` (at most 60), with the headers that its answer shall have. */
    async sign(
      key: string,
      { seconds, contentType, disposition }: { seconds: number; contentType: string; disposition?: string },
    ) {
      const command = new GetObjectCommand({
        Bucket,
        Key: key,
        ResponseContentType: contentType,
        ResponseContentDisposition: disposition,
        ResponseCacheControl: "private, no-store",
      });
      return getSignedUrl(client, command, { expiresIn: Math.min(60, seconds) });
    },

    close: () => client.destroy(),
  };
}

const plain = (etag: string | undefined) => (etag ?? "").replaceAll('"', "");

async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const { name = "unknown", $metadata } = error as {
      name?: string;
      $metadata?: { httpStatusCode?: number };
    };
    const status = $metadata?.httpStatusCode ?? 0;
    throw serviceError("storage", `request failed (${name})`, {
      retryable: status === 0 || status >= 500 || status === 429,
      code: name,
    });
  }
}

async function orMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await asked(answer);
  } catch (error) {
    const code = (error as { code?: string }).code;
    if (code === "NoSuchKey" || code === "NotFound" || code === "NoSuchUpload") return undefined;
    throw error;
  }
}
