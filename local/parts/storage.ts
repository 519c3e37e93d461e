import { CreateBucketCommand, PutBucketCorsCommand, S3Client } from "@aws-sdk/client-s3";
import fs from "node:fs";
import path from "node:path";
import { statusOf } from "../ask.ts";
import { findProgram, versitygw } from "../programs.mjs";
import type { EditionEnv } from "../environment.ts";
import { startPart, type Part, type Place } from "../part.ts";

/** Object storage: versitygw on a folder, with the bucket made and its CORS set as R2's would be. */
export async function storagePart(
  { port, env }: { port: number; env: EditionEnv },
  place: Place,
): Promise<Part> {
  const file = await findProgram(versitygw, {
    localCache: path.join(place.dir, "bin"),
    onLine: place.onLine,
    closing: place.closing,
  });
  const [objects, meta, users] = ["objects", "meta", "users"].map((name) =>
    path.join(place.dir, "storage", name),
  ) as [string, string, string];
  for (const folder of [objects, meta, users]) fs.mkdirSync(folder, { recursive: true, mode: 0o700 });

  const part = await startPart(
    {
      name: "storage",
      where: `http://127.0.0.1:${port}`,
      command: {
        file,
        // Metadata beside the files: extended attributes are missing on many file systems. With users there can be a
        // second key beside the first, while it is rotated.
        args: [
          ...["--port", `127.0.0.1:${port}`, "--region", env.S3_REGION, "--quiet", "--health", "/healthz"],
          ...["--iam-dir", users],
          ...["posix", "--sidecar", meta, objects],
        ],
        env: {
          PATH: process.env.PATH,
          HOME: process.env.HOME,
          ROOT_ACCESS_KEY: env.S3_ACCESS_KEY_ID,
          ROOT_SECRET_KEY: env.S3_SECRET_ACCESS_KEY,
        },
      },
      isReady: async () => (await statusOf(`http://127.0.0.1:${port}/healthz`)) === 200,
    },
    place,
  );
  await createBucket(env);
  return part;
}

/** Makes the bucket that the environment names, which may be there already. */
export async function createBucket(env: EditionEnv): Promise<void> {
  const client = new S3Client({
    endpoint: env.S3_ENDPOINT,
    region: env.S3_REGION,
    credentials: { accessKeyId: env.S3_ACCESS_KEY_ID, secretAccessKey: env.S3_SECRET_ACCESS_KEY },
    forcePathStyle: true,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
  try {
    await client.send(new CreateBucketCommand({ Bucket: env.S3_BUCKET })).catch((error: Error) => {
      if (!["BucketAlreadyOwnedByYou", "BucketAlreadyExists"].includes(error.name)) throw error;
    });
    await client.send(
      new PutBucketCorsCommand({
        Bucket: env.S3_BUCKET,
        CORSConfiguration: {
          CORSRules: [
            {
              AllowedOrigins: [new URL(env.PUBLIC_URL).origin],
              AllowedMethods: ["GET", "HEAD"],
              AllowedHeaders: ["range"],
              ExposeHeaders: ["Content-Length", "Content-Range", "ETag"],
              MaxAgeSeconds: 3600,
            },
          ],
        },
      }),
    );
  } finally {
    client.destroy();
  }
}
