import { type AudioFormat, audioSpecificConfig } from "./aac.ts";
import type { ParameterSets } from "./h264.ts";
import type { BoxWriter } from "./mp4-boxes.ts";

/**
 * An `avc1` entry with its decoder configuration (ISO/IEC 14496-15, 5.3.3.1). Key frames keep their parameter sets in
 * the samples too, as FFmpeg's remuxing leaves them: a decoder that knows only the first entry still follows a change.
 */
export function writeVideoEntry(writer: BoxWriter, { sps, pps, parameters }: ParameterSets): void {
  writer.box("avc1", () => {
    writer.zeros(6);
    writer.u16(1);
    writer.zeros(16);
    writer.u16(parameters.width);
    writer.u16(parameters.height);
    writer.u32(0x00480000);
    writer.u32(0x00480000);
    writer.u32(0);
    writer.u16(1);
    writer.zeros(32);
    writer.u16(24);
    writer.u16(0xffff);
    writer.box("avcC", () => {
      writer.u8(1);
      writer.u8(parameters.profile);
      writer.u8(parameters.compatibility);
      writer.u8(parameters.level);
      // NAL units have lengths of four bytes.
      writer.u8(0xff);
      writer.u8(0xe0 | sps.length);
      for (const set of sps) writeSized(writer, set);
      writer.u8(pps.length);
      for (const set of pps) writeSized(writer, set);
      if (![66, 77, 88].includes(parameters.profile)) {
        writer.u8(0xfc | parameters.chromaFormat);
        writer.u8(0xf8 | (parameters.bitDepthLuma - 8));
        writer.u8(0xf8 | (parameters.bitDepthChroma - 8));
        writer.u8(0);
      }
    });
    writer.box("pasp", () => {
      writer.u32(parameters.sampleAspect.width);
      writer.u32(parameters.sampleAspect.height);
    });
  });
}

function writeSized(writer: BoxWriter, bytes: Uint8Array): void {
  writer.u16(bytes.length);
  writer.put(bytes);
}

/** An `mp4a` entry with its elementary stream descriptor (ISO/IEC 14496-1, 7.2.6.5). */
export function writeAudioEntry(writer: BoxWriter, format: AudioFormat): void {
  const config = audioSpecificConfig(format);
  writer.box("mp4a", () => {
    writer.zeros(6);
    writer.u16(1);
    writer.zeros(8);
    writer.u16(format.channels);
    writer.u16(16);
    writer.u32(0);
    // 16.16, which has no place for more than 65,535 a second.
    writer.u32(format.sampleRate < 65_536 ? format.sampleRate * 65_536 : 0);
    writer.fullBox("esds", 0, 0, () => {
      const decoder = 13 + 2 + config.length;
      writer.u8(0x03);
      writer.u8(3 + 2 + decoder + 2 + 1);
      writer.u16(0);
      writer.u8(0);
      writer.u8(0x04);
      writer.u8(decoder);
      // MPEG-4 audio; an audio stream; buffer and bit rates unknown.
      writer.u8(0x40);
      writer.u8(0x15);
      writer.zeros(11);
      writer.u8(0x05);
      writer.u8(config.length);
      writer.put(config);
      writer.u8(0x06);
      writer.u8(1);
      writer.u8(2);
    });
  });
}
