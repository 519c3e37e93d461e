import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { addAbortSignal, type Readable } from "node:stream";
import type { StorageConfig } from "#app/config.ts";
import { serviceError } from "./service-error.ts";
import { asked, orMissing } from "./storage-answer.ts";
import { wholeOf, withPatience } from "./storage-body.ts";
import { storageUploads } from "./storage-uploads.ts";

export type StoredObject = { key: string; bytes: number; etag: string; modifiedAt: Date };
export type ObjectRange = { start: number; end: number };
export type Storage = ReturnType<typeof createStorage>;

/**
 * Object storage (R2 or anything that speaks S3). Every function throws a ServiceError when storage cannot be reached,
 * refuses, or says nothing for `patienceMs`; a missing object is undefined, not an error. Where a `signal` is given, asking
 * ends with it.
 */
export function createStorage(config: StorageConfig, { patienceMs = 30_000 }: { patienceMs?: number } = {}) {
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
    requestHandler: { connectionTimeout: 5_000, requestTimeout: patienceMs, throwOnRequestTimeout: true },
  });
  const Bucket = config.bucket;
  const { host, pathname } = new URL(config.endpoint);

  async function* pages(
    prefix: string,
    { after, signal }: { after?: string; signal?: AbortSignal } = {},
  ): AsyncGenerator<StoredObject[]> {
    let ContinuationToken: string | undefined;
    do {
      const page: ListObjectsV2CommandOutput = await asked(
        client.send(
          new ListObjectsV2Command({ Bucket, Prefix: prefix, StartAfter: after, ContinuationToken }),
          { abortSignal: signal },
        ),
      );
      yield (page.Contents ?? []).flatMap(({ Key, Size, ETag, LastModified }) =>
        Key
          ? [{ key: Key, bytes: Size ?? 0, etag: plain(ETag), modifiedAt: LastModified ?? new Date(0) }]
          : [],
      );
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken);
  }

  function bodyOf({ Body }: { Body?: unknown }, signal: AbortSignal | undefined): Readable {
    const body = withPatience(Body as Readable, patienceMs);
    return signal ? addAbortSignal(signal, body) : body;
  }

  return {
    client,
    bucket: Bucket,
    /** Which one it is, whatever its keys are. */
    at: `${host}${pathname.replace(/\/+$/, "")}/${Bucket}`,

    /** Objects under `prefix`, all pages, in key order; with `after` only those whose keys come behind it. */
    async list(prefix: string, of: { after?: string; signal?: AbortSignal } = {}): Promise<StoredObject[]> {
      const found: StoredObject[] = [];
      for await (const page of pages(prefix, of)) found.push(...page);
      return found;
    },

    /** The same page by page, for more of them than fit into memory. */
    pages,

    /** The names before the first slash in the bucket. */
    async folders(): Promise<string[]> {
      const page = await asked(client.send(new ListObjectsV2Command({ Bucket, Delimiter: "/" })));
      const loose = (page.Contents ?? []).map(({ Key }) => Key ?? "");
      return [...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix ?? ""), ...loose];
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
    async read(key: string, { signal }: { signal?: AbortSignal } = {}): Promise<Uint8Array | undefined> {
      const asking = client.send(new GetObjectCommand({ Bucket, Key: key }), { abortSignal: signal });
      const object = await orMissing(asking);
      if (!object?.Body) return undefined;
      return wholeOf(bodyOf(object, signal), object.ContentLength ?? 0);
    },

    /**
     * All bytes of an object that was just listed. Rejects when it is not there, or is another by now: what storage says
     * at this moment is not what it holds, and asking again will tell.
     */
    async readListed(
      { key, bytes, etag }: StoredObject,
      { signal }: { signal?: AbortSignal } = {},
    ): Promise<Uint8Array> {
      const asking = client.send(new GetObjectCommand({ Bucket, Key: key }), { abortSignal: signal });
      const object = await orMissing(asking);
      if (!object?.Body || object.ContentLength !== bytes || plain(object.ETag) !== etag) {
        (object?.Body as Readable | undefined)?.destroy();
        throw serviceError("storage", "an object is not what was listed", {
          retryable: true,
          code: "not_as_listed",
        });
      }
      return wholeOf(bodyOf(object, signal), bytes);
    },

    /**
     * A stream of an object, or of the bytes `start` to `end` of it (both counted). Destroy it when the reader leaves.
     */
    async open(key: string, range?: ObjectRange): Promise<{ body: Readable; bytes: number } | undefined> {
      const Range = range && `bytes=${range.start}-${range.end}`;
      const object = await orMissing(client.send(new GetObjectCommand({ Bucket, Key: key, Range })));
      if (!object?.Body) return undefined;
      return { body: withPatience(object.Body as Readable, patienceMs), bytes: object.ContentLength ?? 0 };
    },

    async write(key: string, body: Uint8Array, contentType: string): Promise<void> {
      await asked(
        client.send(new PutObjectCommand({ Bucket, Key: key, Body: body, ContentType: contentType })),
      );
    },

    ...storageUploads(client, Bucket),

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
