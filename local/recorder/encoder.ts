import {
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_SMPTE170M,
  AV_CHANNEL_ORDER_NATIVE,
  AV_CH_LAYOUT_STEREO,
  AV_LOG_ERROR,
  AV_PICTURE_TYPE_I,
  AV_PICTURE_TYPE_NONE,
  AV_PIX_FMT_YUV420P,
  AV_SAMPLE_FMT_FLTP,
  FF_ENCODER_AAC,
  FF_ENCODER_LIBX264,
} from "node-av/constants";
import { Codec, CodecContext, FFmpegError, Frame, Log, Packet, Rational } from "node-av/lib";

/** AAC-LC packs this many samples a channel into each packet. */
export const AAC_SAMPLES = 1024;
export const SAMPLE_RATE = 48_000;

const stereo = { order: AV_CHANNEL_ORDER_NATIVE, nbChannels: 2, mask: AV_CH_LAYOUT_STEREO };

// FFmpeg speaks to stderr of its own accord otherwise.
Log.setLevel(AV_LOG_ERROR);

/** An encoded picture or piece of sound. `time` is in 90 kHz ticks from the start of the recording. */
export type EncodedUnit = { bytes: Buffer; time: number; key: boolean };

/**
 * H.264 of a constant frame rate, made for a machine that also runs the browser and LiveKit: one thread, the fastest
 * preset, no B frames (so decoding order is showing order), and key frames only where they are asked for.
 */
export function createVideoEncoder({
  width,
  height,
  framesPerSecond,
  keyFrameEvery,
}: {
  width: number;
  height: number;
  framesPerSecond: number;
  /** In frames: the first of each such group is a key frame that brings its parameter sets. */
  keyFrameEvery: number;
}) {
  const context = new CodecContext();
  const codec = requireCodec(FF_ENCODER_LIBX264);
  context.allocContext3(codec);
  context.width = width;
  context.height = height;
  context.pixelFormat = AV_PIX_FMT_YUV420P;
  context.timeBase = new Rational(1, framesPerSecond);
  context.framerate = new Rational(framesPerSecond, 1);
  context.gopSize = keyFrameEvery;
  context.maxBFrames = 0;
  context.threadCount = 1;
  context.rcMaxRate = 4_000_000n;
  context.rcBufferSize = 4_000_000;
  // What browsers put into a WebRTC picture; a player would guess HD's other matrix and shift the colours.
  context.colorSpace = AVCOL_SPC_SMPTE170M;
  context.colorRange = AVCOL_RANGE_MPEG;
  open(context, codec, {
    preset: "ultrafast",
    tune: "zerolatency",
    crf: "24",
    sc_threshold: "0",
    "forced-idr": "1",
    aud: "1",
  });
  const packet = new Packet();
  packet.alloc();
  let number = 0;

  return {
    /** Encodes the picture that `frame` holds now as the next one. The frame may be drawn on again afterwards. */
    async encode(frame: Frame): Promise<EncodedUnit[]> {
      frame.pts = BigInt(number);
      frame.pictType = number % keyFrameEvery === 0 ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
      number++;
      FFmpegError.throwIfError(await context.sendFrame(frame), "encoding a picture");
      return drain(context, packet, (pts) => (pts * 90_000) / framesPerSecond);
    },
    async finish(): Promise<EncodedUnit[]> {
      await context.sendFrame(null);
      const rest = drain(context, packet, (pts) => (pts * 90_000) / framesPerSecond);
      packet.free();
      context.freeContext();
      return rest;
    },
  };
}

/** AAC-LC stereo at 48 kHz. The encoder's priming packet, which lies before the first sample, is left out. */
export function createAudioEncoder() {
  const context = new CodecContext();
  const codec = requireCodec(FF_ENCODER_AAC);
  context.allocContext3(codec);
  context.sampleRate = SAMPLE_RATE;
  context.channelLayout = stereo;
  context.sampleFormat = AV_SAMPLE_FMT_FLTP;
  context.timeBase = new Rational(1, SAMPLE_RATE);
  context.bitRate = 128_000n;
  open(context, codec, {});
  const packet = new Packet();
  packet.alloc();
  let samples = 0;
  const time = (pts: number) => Math.round((pts * 90_000) / SAMPLE_RATE);
  const withHeader = (units: EncodedUnit[]) =>
    units
      .filter((unit) => unit.time >= 0)
      .map((unit) => ({ ...unit, bytes: Buffer.concat([adtsHeader(unit.bytes.length), unit.bytes]) }));

  return {
    /** Encodes 1024 samples: first all of the left channel, then all of the right one, as 32-bit floats. */
    encode(planes: Float32Array): EncodedUnit[] {
      const frame = Frame.fromAudioBuffer(Buffer.from(planes.buffer, planes.byteOffset, planes.byteLength), {
        nbSamples: AAC_SAMPLES,
        format: AV_SAMPLE_FMT_FLTP,
        sampleRate: SAMPLE_RATE,
        channelLayout: stereo,
        timeBase: { num: 1, den: SAMPLE_RATE },
        pts: BigInt(samples),
      });
      samples += AAC_SAMPLES;
      try {
        FFmpegError.throwIfError(context.sendFrameSync(frame), "encoding sound");
      } finally {
        frame.free();
      }
      return withHeader(drain(context, packet, time));
    },
    finish(): EncodedUnit[] {
      context.sendFrameSync(null);
      const rest = withHeader(drain(context, packet, time));
      packet.free();
      context.freeContext();
      return rest;
    },
  };
}

function drain(context: CodecContext, packet: Packet, time: (pts: number) => number): EncodedUnit[] {
  const units: EncodedUnit[] = [];
  // Anything below zero means "give me more first" or "that was all".
  while (context.receivePacketSync(packet) >= 0) {
    units.push({ bytes: Buffer.from(packet.data!), time: time(Number(packet.pts)), key: packet.isKeyframe });
    packet.unref();
  }
  return units;
}

function requireCodec(name: typeof FF_ENCODER_AAC | typeof FF_ENCODER_LIBX264): Codec {
  const codec = Codec.findEncoderByName(name);
  if (!codec) throw new Error(`this FFmpeg has no encoder called ${name}`);
  return codec;
}

function open(context: CodecContext, codec: Codec, options: Record<string, string>) {
  // Set one by one: opening frees what is left of a dictionary, and its wrapper then frees it a second time.
  for (const [name, value] of Object.entries(options)) {
    FFmpegError.throwIfError(context.setOption(name, value), `setting ${name}`);
  }
  FFmpegError.throwIfError(context.open2Sync(codec), "opening an encoder");
}

/** ISO/IEC 13818-7, 6.2: AAC-LC, 48 kHz, two channels, one frame, no checksum. */
function adtsHeader(payloadBytes: number): Buffer {
  const size = payloadBytes + 7;
  const frequencyIndex = 3;
  const channels = 2;
  return Buffer.from([
    0xff,
    0xf1,
    (1 << 6) | (frequencyIndex << 2) | (channels >> 2),
    ((channels & 3) << 6) | (size >> 11),
    (size >> 3) & 0xff,
    ((size & 7) << 5) | 0x1f,
    0xfc,
  ]);
}
