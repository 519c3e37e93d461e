import type { EncodedUnit } from "./encoder.ts";

const PACKET = 188;
const PMT_PID = 0x1000;
const VIDEO_PID = 0x100;
const AUDIO_PID = 0x101;
/** A real Egress begins its clock at an hour. */
const FIRST_TICKS = 3600 * 90_000;
/** The decoder's clock runs this far behind, so that a picture's bytes are there before it is due. */
const CLOCK_LEAD_TICKS = 9_000;
const CLOCK_SIZE = 2 ** 33;

/**
 * Packs encoded units into MPEG-TS (ISO/IEC 13818-1): one programme of H.264 and AAC. A writer of its own rather than
 * FFmpeg's, because packets then count on from one segment to the next, times stay exactly as given, and a recording of
 * hours opens nothing native per segment. Units come in order of time.
 */
export function createTransportStream() {
  const counters = new Map<number, number>();
  let packets: Buffer[] = [];

  const write = (
    pid: number,
    payload: Buffer,
    { start = true, clock }: { start?: boolean; clock?: number },
  ) => {
    let at = 0;
    while (at < payload.length) {
      const packet = Buffer.alloc(PACKET, 0xff);
      const first = start && at === 0;
      const counter = counters.get(pid) ?? 0;
      counters.set(pid, (counter + 1) & 0x0f);
      packet[0] = 0x47;
      packet.writeUInt16BE((first ? 0x4000 : 0) | pid, 1);
      const withClock = first && clock !== undefined;
      const fixed = withClock ? 8 : 0;
      const room = PACKET - 4 - fixed;
      const take = Math.min(room, payload.length - at);
      // An adaptation field carries the clock, and fills up the last packet.
      const field = PACKET - 4 - take;
      packet[3] = (field > 0 ? 0x30 : 0x10) | counter;
      if (field > 0) {
        packet[4] = field - 1;
        if (field > 1) packet[5] = withClock ? 0x50 : 0x00;
        if (withClock) writeClock(packet, 6, clock!);
      }
      payload.copy(packet, PACKET - take, at, at + take);
      at += take;
      packets.push(packet);
    }
  };

  return {
    /** The tables that begin a segment, so that it can be played on its own. */
    begin() {
      write(0, section(0x00, 1, Buffer.from([0x00, 0x01, 0xe0 | (PMT_PID >> 8), PMT_PID & 0xff])), {});
      const streams = Buffer.from([
        ...[0xe0 | (VIDEO_PID >> 8), VIDEO_PID & 0xff, 0xf0, 0x00],
        ...[0x1b, 0xe0 | (VIDEO_PID >> 8), VIDEO_PID & 0xff, 0xf0, 0x00],
        ...[0x0f, 0xe0 | (AUDIO_PID >> 8), AUDIO_PID & 0xff, 0xf0, 0x00],
      ]);
      write(PMT_PID, section(0x02, 1, streams), {});
    },
    video(unit: EncodedUnit) {
      const ticks = FIRST_TICKS + unit.time;
      write(VIDEO_PID, pes(0xe0, ticks, unit.bytes), { clock: ticks - CLOCK_LEAD_TICKS });
    },
    audio(unit: EncodedUnit) {
      write(AUDIO_PID, pes(0xc0, FIRST_TICKS + unit.time, unit.bytes), {});
    },
    /** All bytes since the last call. */
    take(): Buffer {
      const bytes = Buffer.concat(packets);
      packets = [];
      return bytes;
    },
  };
}

function pes(streamId: number, ticks: number, payload: Buffer): Buffer {
  const length = payload.length + 8;
  const header = Buffer.alloc(14);
  header.set([0x00, 0x00, 0x01, streamId]);
  // A picture may be larger than the field can say; 0 means "until the next one".
  header.writeUInt16BE(length > 0xffff || streamId === 0xe0 ? 0 : length, 4);
  header.set([0x84, 0x80, 0x05], 6);
  const pts = ticks % CLOCK_SIZE;
  header[9] = 0x21 | (Math.floor(pts / 2 ** 29) & 0x0e);
  header.writeUInt16BE(((Math.floor(pts / 2 ** 15) & 0x7fff) << 1) | 1, 10);
  header.writeUInt16BE(((pts % 2 ** 15) << 1) | 1, 12);
  return Buffer.concat([header, payload]);
}

function writeClock(packet: Buffer, at: number, ticks: number) {
  const base = ticks % CLOCK_SIZE;
  packet.writeUInt32BE(Math.floor(base / 2), at);
  packet[at + 4] = ((base % 2) << 7) | 0x7e;
  packet[at + 5] = 0;
}

/** A table's section with pointer, header and checksum (2.4.4). */
function section(tableId: number, id: number, body: Buffer): Buffer {
  const length = 5 + body.length + 4;
  const bytes = Buffer.concat([
    Buffer.from([tableId, 0xb0 | (length >> 8), length & 0xff, id >> 8, id & 0xff, 0xc1, 0x00, 0x00]),
    body,
  ]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(bytes));
  return Buffer.concat([Buffer.from([0]), bytes, checksum]);
}

function crc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  }
  return crc >>> 0;
}
