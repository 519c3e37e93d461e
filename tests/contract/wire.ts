import { readFileSync } from "node:fs";
import type { Json } from "./stage.ts";

export type WireLine =
  | {
      course: string;
      ms: number;
      kind: "call";
      method: string;
      request: Json;
      status: number;
      response: Json;
    }
  | { course: string; ms: number; kind: "webhook"; headers: Record<string, string>; body: Json }
  | { course: string; ms: number; kind: "stored"; key: string; bytes: number };

const lines = readFileSync(new URL("../fixtures/egress-wire.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as WireLine);

/** One course of the real LiveKit Egress, as it was recorded. */
export function course(name: string) {
  const own = lines.filter((line) => line.course === name);
  if (own.length === 0) throw new Error(`there is no course called ${name}`);
  return {
    calls: own.filter((line) => line.kind === "call"),
    webhooks: own.filter((line) => line.kind === "webhook"),
    egressEvents: own
      .filter((line) => line.kind === "webhook")
      .filter(({ body }) => body.event.startsWith("egress_")),
    stored: own.filter((line) => line.kind === "stored"),
  };
}

/** Fields that are other each time: compared by their kind, and by whether there is anything in them. */
const ownOfEachTime = new Set([
  ...["egressId", "roomId", "roomName", "id", "sid", "identity", "name"],
  ...["startedAt", "endedAt", "updatedAt", "createdAt", "joinedAt", "joinedAtMs", "duration", "size"],
  ...["segmentCount", "endpoint", "region", "bucket", "filenamePrefix", "playlistName", "livePlaylistName"],
  ...["playlistLocation", "livePlaylistLocation", "manifestLocation", "accessKey", "secret", "version"],
]);
/** Literal texts that stand for what is hidden. */
const literal = /^\{\w+\}$/;

/**
 * Says in words where `actual` is not like `expected`: other fields, other kinds, other values where the value is not an
 * id, a time, a size or a place. Empty when they are alike.
 */
export function differences(expected: Json, actual: Json, path = ""): string[] {
  if (Array.isArray(expected) && Array.isArray(actual)) {
    if (expected.length !== actual.length)
      return [`${path} has ${actual.length} items, not ${expected.length}`];
    return expected.flatMap((item, index) => differences(item, actual[index], `${path}[${index}]`));
  }
  if (isObject(expected) && isObject(actual)) {
    const names = new Set([...Object.keys(expected), ...Object.keys(actual)]);
    return [...names].flatMap((name) => {
      const at = path ? `${path}.${name}` : name;
      if (!(name in actual)) return [`${at} is missing`];
      if (!(name in expected)) return [`${at} is too much`];
      return differences(expected[name], actual[name], at);
    });
  }
  if (kindOf(expected) !== kindOf(actual)) return [`${path} is ${kindOf(actual)}, not ${kindOf(expected)}`];
  const name = toCamelCase(path.slice(path.lastIndexOf(".") + 1));
  const alike =
    ownOfEachTime.has(name) && !literal.test(String(expected))
      ? isNothing(expected) === isNothing(actual)
      : plain(expected) === plain(actual);
  return alike ? [] : [`${path} is ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`];
}

/**
 * The same as if the request had asked for segments only: Frontrow asks for no file, and some courses did. The
 * deprecated twin of the only output then stands beside it, as the courses without a file show.
 */
export function withoutFiles(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutFiles);
  if (!isObject(value)) return value;
  const kept = Object.entries(value).flatMap(([name, field]) => {
    if (name === "fileOutputs" || name === "fileResults") return [];
    if (name === "file_outputs" || name === "file_results") return [[name, []]];
    return [[name, withoutFiles(field)]];
  });
  const result = Object.fromEntries(kept);
  const [only] = result.segmentResults ?? result.segment_results ?? [];
  if (only && !result.segments) result.segments = only;
  return result;
}

const isObject = (value: Json) => value !== null && typeof value === "object" && !Array.isArray(value);
const kindOf = (value: Json) => (value === null ? "null" : Array.isArray(value) ? "a list" : typeof value);
const isNothing = (value: Json) => value === "" || value === "0" || value === 0;
const toCamelCase = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
/** S3's ids of a request stand in the middle of an error's sentence. */
const plain = (value: Json) =>
  typeof value === "string" ? value.replace(/RequestID: [^,]*, HostID: [^,]*,/, "RequestID, HostID,") : value;
