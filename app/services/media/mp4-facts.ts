import { CustomSource, Input, MP4 } from "mediabunny";

export type Mp4Facts = {
  durationMs: number;
  videoTracks: number;
  audioTracks: number;
  width: number;
  height: number;
};

/**
 * What an MP4 says about itself, read by another parser than the one that wrote it. `read` gives the bytes from `start`
 * up to, not including, `end`. Rejects when it is no MP4.
 */
export async function readMp4Facts({
  bytes,
  read,
}: {
  bytes: number;
  read: (start: number, end: number) => Promise<Uint8Array>;
}): Promise<Mp4Facts> {
  using input = new Input({ formats: [MP4], source: new CustomSource({ getSize: () => bytes, read }) });
  const video = await input.getVideoTracks();
  const audio = await input.getAudioTracks();
  return {
    durationMs: (await input.computeDuration()) * 1000,
    videoTracks: video.length,
    audioTracks: audio.length,
    width: video[0]?.displayWidth ?? 0,
    height: video[0]?.displayHeight ?? 0,
  };
}
