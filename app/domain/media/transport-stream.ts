/** Why bytes from storage are not a usable segment. */
export type SegmentProblem =
  "empty" | "truncated" | "not_transport_stream" | "damaged" | "no_media" | "no_key_frame" | "unsupported";

export type SegmentRefusal = { ok: false; reason: SegmentProblem; detail: string };

/** The instant that a PES packet gives to the first access unit which begins at `offset`, in 90 kHz ticks. */
export type TimeMark = { offset: number; pts: number; dts: number };

/** One elementary stream: the payloads of all its PES packets, joined, and where each packet began. */
export type ElementaryStream = { bytes: Uint8Array; marks: TimeMark[] };

export type TransportStream = { h264: ElementaryStream | null; aac: ElementaryStream | null };

/** What the programme map announces, whether it then comes or not. */
export type Announced = { picture: boolean; sound: boolean };

const PACKET = 188;
const SYNC = 0x47;
const PAT_PID = 0;
const H264_TYPE = 0x1b;
const AAC_ADTS_TYPE = 0x0f;

/** PTS and DTS are counted modulo 2^33 ticks (26.5 hours). */
export const CLOCK_SIZE = 2 ** 33;

/** The signed way from one tick to another on the 33-bit clock, the shorter way round. */
export function ticksBetween(from: number, to: number): number {
  const ahead = (((to - from) % CLOCK_SIZE) + CLOCK_SIZE) % CLOCK_SIZE;
  return ahead >= CLOCK_SIZE / 2 ? ahead - CLOCK_SIZE : ahead;
}

export function refusal(reason: SegmentProblem, detail: string): SegmentRefusal {
  return { ok: false, reason, detail };
}

/**
 * Takes an MPEG transport stream (ISO/IEC 13818-1) of one programme apart into its first H.264 and its first AAC (ADTS)
 * stream. Times are 90 kHz ticks, unwrapped so that they never jump at 2^33 within the result.
 *
 * Refuses what was cut off (`truncated`), what loses packets or sync in its middle (`damaged`), what never was a
 * transport stream, and what carries no H.264 or AAC (`no_media`, or `unsupported` when it carries something else).
 */
export function readTransportStream(
  bytes: Uint8Array,
): { ok: true; streams: TransportStream; announced: Announced } | SegmentRefusal {
  const broken = checkPackets(bytes);
  if (broken) return broken;

  const pat = readSection(bytes, PAT_PID, 0x00);
  if (!pat) return refusal("no_media", "no programme table");
  const pmtPid = firstProgramme(pat);
  const pmt = pmtPid === undefined ? undefined : readSection(bytes, pmtPid, 0x02);
  if (!pmt) return refusal("no_media", "no programme map");

  const types = streamTypes(pmt);
  const videoPid = types.find((entry) => entry.type === H264_TYPE)?.pid;
  const audioPid = types.find((entry) => entry.type === AAC_ADTS_TYPE)?.pid;
  if (videoPid === undefined && audioPid === undefined) {
    if (types.length === 0) return refusal("no_media", "the programme lists no streams");
    return refusal(
      "unsupported",
      `stream types ${types.map((entry) => `0x${entry.type.toString(16)}`).join(", ")}`,
    );
  }

  const h264 = readElementaryStream(bytes, videoPid);
  if (!h264.ok) return h264;
  const aac = readElementaryStream(bytes, audioPid);
  if (!aac.ok) return aac;
  if (!h264.stream && !aac.stream) return refusal("no_media", "the programme's streams carry nothing");
  alignClocks(h264.stream, aac.stream);
  return {
    ok: true,
    streams: { h264: h264.stream, aac: aac.stream },
    announced: { picture: videoPid !== undefined, sound: audioPid !== undefined },
  };
}

function checkPackets(bytes: Uint8Array): SegmentRefusal | undefined {
  if (bytes.length === 0) return refusal("empty", "0 bytes");
  if (bytes[0] !== SYNC) return refusal("not_transport_stream", "does not begin with a sync byte");
  if (bytes.length < PACKET) return refusal("truncated", `${bytes.length} bytes, less than one packet`);
  for (let at = PACKET; at < bytes.length; at += PACKET) {
    if (bytes[at] === SYNC) continue;
    // One byte 0x47 at the start is chance; a second packet in its place is a transport stream.
    if (at === PACKET) return refusal("not_transport_stream", "no second sync byte");
    return refusal("damaged", `sync lost at byte ${at}`);
  }
  if (bytes.length % PACKET !== 0)
    return refusal("truncated", `ends ${bytes.length % PACKET} bytes into a packet`);
  return undefined;
}

const pidAt = (bytes: Uint8Array, at: number) => ((bytes[at + 1]! & 0x1f) << 8) | bytes[at + 2]!;

/** Where the payload of the packet at `at` begins; the packet's end when it has none. */
function payloadStart(bytes: Uint8Array, at: number): number {
  const control = (bytes[at + 3]! >> 4) & 3;
  if ((control & 1) === 0) return at + PACKET;
  return (control & 2) === 0 ? at + 4 : Math.min(at + PACKET, at + 5 + bytes[at + 4]!);
}

/** The first whole section of a table with a right checksum, from its table id to before its checksum. */
function readSection(bytes: Uint8Array, pid: number, tableId: number): Uint8Array | undefined {
  let section = new Uint8Array(0);
  for (let at = 0; at < bytes.length; at += PACKET) {
    if (pidAt(bytes, at) !== pid) continue;
    let start = payloadStart(bytes, at);
    if (start >= at + PACKET) continue;
    const begins = (bytes[at + 1]! & 0x40) !== 0;
    if (begins) {
      start += 1 + bytes[start]!;
      section = bytes.slice(start, at + PACKET);
    } else if (section.length > 0) {
      const joined = new Uint8Array(section.length + at + PACKET - start);
      joined.set(section);
      joined.set(bytes.subarray(start, at + PACKET), section.length);
      section = joined;
    }
    if (section.length < 3 || section[0] !== tableId) continue;
    const length = 3 + (((section[1]! & 0x0f) << 8) | section[2]!);
    if (length < 12 || section.length < length) continue;
    if (crc32(section, length) === 0) return section.subarray(0, length - 4);
  }
  return undefined;
}

/** The MPEG-2 checksum of the first `length` bytes: 0 when these end with their own checksum. */
function crc32(bytes: Uint8Array, length: number): number {
  let crc = 0xffffffff;
  for (let at = 0; at < length; at++) {
    crc ^= bytes[at]! << 24;
    for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc < 0 ? 0x04c11db7 : 0);
  }
  return crc >>> 0;
}

function firstProgramme(pat: Uint8Array): number | undefined {
  for (let at = 8; at + 4 <= pat.length; at += 4) {
    const number = (pat[at]! << 8) | pat[at + 1]!;
    if (number !== 0) return ((pat[at + 2]! & 0x1f) << 8) | pat[at + 3]!;
  }
  return undefined;
}

function streamTypes(pmt: Uint8Array): { type: number; pid: number }[] {
  const found: { type: number; pid: number }[] = [];
  let at = 12 + (((pmt[10]! & 0x0f) << 8) | pmt[11]!);
  while (at + 5 <= pmt.length) {
    found.push({ type: pmt[at]!, pid: ((pmt[at + 1]! & 0x1f) << 8) | pmt[at + 2]! });
    at += 5 + (((pmt[at + 3]! & 0x0f) << 8) | pmt[at + 4]!);
  }
  return found;
}

function readElementaryStream(
  bytes: Uint8Array,
  pid: number | undefined,
): { ok: true; stream: ElementaryStream | null } | SegmentRefusal {
  if (pid === undefined) return { ok: true, stream: null };
  let packets = 0;
  for (let at = 0; at < bytes.length; at += PACKET) if (pidAt(bytes, at) === pid) packets++;
  const payload = new Uint8Array(packets * (PACKET - 4));
  const starts: number[] = [];
  let length = 0;
  let counter = -1;
  for (let at = 0; at < bytes.length; at += PACKET) {
    if (pidAt(bytes, at) !== pid) continue;
    if ((bytes[at + 1]! & 0x80) !== 0) return refusal("damaged", `packet at byte ${at} is marked as wrong`);
    if ((bytes[at + 3]! & 0xc0) !== 0) return refusal("unsupported", "scrambled");
    const start = payloadStart(bytes, at);
    if (start >= at + PACKET) continue;

    const next = bytes[at + 3]! & 0x0f;
    const announced = (bytes[at + 3]! & 0x20) !== 0 && bytes[at + 4]! > 0 && (bytes[at + 5]! & 0x80) !== 0;
    // A packet may be sent twice, with the same counter.
    if (next === counter && !announced) continue;
    if (counter >= 0 && next !== ((counter + 1) & 0x0f) && !announced) {
      return refusal("damaged", `packets of stream ${pid} lost before byte ${at}`);
    }
    counter = next;

    if ((bytes[at + 1]! & 0x40) !== 0) starts.push(length);
    // What stands before the first start belongs to a packet that began in another file.
    if (starts.length === 0) continue;
    payload.set(bytes.subarray(start, at + PACKET), length);
    length += at + PACKET - start;
  }
  return joinPesPackets(payload.subarray(0, length), starts);
}

/** Removes the PES headers in place and keeps what they say. */
function joinPesPackets(
  payload: Uint8Array,
  starts: number[],
): { ok: true; stream: ElementaryStream | null } | SegmentRefusal {
  const marks: TimeMark[] = [];
  let written = 0;
  for (const [index, start] of starts.entries()) {
    const isLast = index === starts.length - 1;
    let end = isLast ? payload.length : starts[index + 1]!;
    const cutOff = refusal(isLast ? "truncated" : "damaged", "a PES packet ends before its length");
    if (end - start < 9) return cutOff;
    if (payload[start] !== 0 || payload[start + 1] !== 0 || payload[start + 2] !== 1) {
      return refusal("damaged", "a PES packet does not begin with its start code");
    }
    const declared = (payload[start + 4]! << 8) | payload[start + 5]!;
    if (declared !== 0) {
      if (end - start < 6 + declared) return cutOff;
      end = start + 6 + declared;
    }
    const body = start + 9 + payload[start + 8]!;
    if (body > end) return cutOff;
    const flags = payload[start + 7]! >> 6;
    if ((flags & 2) !== 0) {
      const pts = readTime(payload, start + 9);
      const dts = flags === 3 ? readTime(payload, start + 14) : pts;
      const previous = marks.at(-1)?.dts ?? pts;
      const unwrapped = previous + ticksBetween(previous, dts);
      marks.push({ offset: written, dts: unwrapped, pts: unwrapped + ticksBetween(dts, pts) });
    }
    if (marks.length === 0) return refusal("damaged", "a stream begins without a time");
    payload.copyWithin(written, body, end);
    written += end - body;
  }
  return { ok: true, stream: written === 0 ? null : { bytes: payload.subarray(0, written), marks } };
}

function readTime(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at]! >> 1) & 7) * 2 ** 30 +
    (((bytes[at + 1]! << 8) | bytes[at + 2]!) >> 1) * 2 ** 15 +
    (((bytes[at + 3]! << 8) | bytes[at + 4]!) >> 1)
  );
}

/** Puts the second stream's unwrapped times on the same turn of the clock as the first one's. */
function alignClocks(first: ElementaryStream | null, second: ElementaryStream | null): void {
  const reference = first?.marks[0]?.pts;
  const other = second?.marks[0]?.pts;
  if (!second || reference === undefined || other === undefined) return;
  const shift = reference + ticksBetween(reference, other) - other;
  if (shift === 0) return;
  for (const mark of second.marks) {
    mark.pts += shift;
    mark.dts += shift;
  }
}
