import { type AudioFormat, type AudioFrame, type AudioUnits, FRAME_SAMPLES, silentFrame } from "./aac.ts";
import type { PartWriter } from "./mp4-parts.ts";
import { createTrack, type Mp4Edit, type Mp4Track } from "./mp4-track.ts";

/** Silence for a segment without sound stops so long before its end: the next one's sound may begin that early. */
const LEAD_TICKS = 45_000;

/**
 * Appends the sound of segment after segment to one track of raw AAC.
 *
 * Every frame lasts what it decodes to, and a hole is filled with frames of silence: some players put decoded sound
 * back to back whatever the timestamps say, so a jump in these would part sound from picture. The rest of a frame
 * stays: sound may be off by less than one (23 ms). Frames that would overlap what is there are left out.
 */
export function createAudioAppender(parts: PartWriter, mediaOffset: number) {
  const entries: AudioFormat[] = [];
  let track: Mp4Track | undefined;
  /** Where the next frame stands, in the track's units from the start of the file; kept unrounded. */
  let clock = 0;
  let mediaTime = 0;
  let emptyTicks = 0;
  let entry = 0;
  let chunkEntry = 0;
  let pendingDuration = 0;
  let silentFrames = 0;
  let droppedFrames = 0;

  const unitsOf = (ticks: number, { timescale }: Mp4Track) => (ticks * timescale) / 90_000;
  const frameUnits = ({ timescale }: Mp4Track) =>
    (FRAME_SAMPLES * timescale) / entries[entry - 1]!.sampleRate;

  function enter(format: AudioFormat): void {
    const same = (known: AudioFormat) =>
      known.objectType === format.objectType &&
      known.sampleRate === format.sampleRate &&
      known.channels === format.channels;
    entry = 1 + entries.findIndex(same);
    if (entry === 0) entry = entries.push({ ...format });
  }

  function addFrame(to: Mp4Track, bytes: Uint8Array, start: number, end: number): void {
    if (chunkEntry !== entry) to.beginChunk(mediaOffset + parts.written, entry);
    chunkEntry = entry;
    parts.append(bytes, start, end);
    to.addSample(end - start);
    if (pendingDuration > 0) to.addDuration(pendingDuration);
    const next = clock + frameUnits(to);
    pendingDuration = Math.round(next) - Math.round(clock);
    clock = next;
  }

  /** Silence of `frames` frames; a format of which no silence is known gets its last frame prolonged instead. */
  function addSilence(to: Mp4Track, frames: number): void {
    const silence = silentFrame(entries[entry - 1]!);
    if (silence) {
      for (let frame = 0; frame < frames; frame++) addFrame(to, silence, 0, silence.length);
      silentFrames += frames;
    } else {
      const next = clock + frames * frameUnits(to);
      pendingDuration += Math.round(next) - Math.round(clock);
      clock = next;
    }
  }

  /** The file's start: sound from before it is cut off by the edit list, a later begin is led in by silence. */
  function begin(to: Mp4Track, at: number): void {
    const unit = frameUnits(to);
    const canFill = silentFrame(entries[entry - 1]!) !== undefined;
    const lead = at > 0 && canFill ? Math.ceil(at / unit) : 0;
    clock = at - lead * unit;
    mediaTime = Math.max(0, Math.round(-clock));
    if (clock > 0) emptyTicks = Math.round((clock * 90_000) / to.timescale);
    addSilence(to, lead);
  }

  function place(audio: AudioUnits, frame: AudioFrame, offset: number, isFresh: boolean): void {
    track ??= createTrack(audio.format.sampleRate);
    const at = unitsOf(frame.pts + offset, track);
    const unit = frameUnits(track);
    if (track.sizes.length === 0) {
      if (at + unit <= 0) {
        droppedFrames++;
        return;
      }
      begin(track, at);
    }
    const ahead = at - clock;
    // On a new clock nothing is in step yet, so the nearest place is right; later, a rounding must not add a frame.
    const tolerance = isFresh ? unit / 2 : unit;
    if (ahead >= tolerance) addSilence(track, Math.round(ahead / unit));
    else if (ahead <= -tolerance) {
      droppedFrames++;
      return;
    }
    addFrame(track, audio.bytes, frame.start, frame.end);
  }

  return {
    entries,

    /** `offset` takes the segment's clock to the file's; `isNewClock` when it is not the one of the segment before. */
    append(audio: AudioUnits, offset: number, isNewClock: boolean): void {
      enter(audio.format);
      chunkEntry = 0;
      for (const [index, frame] of audio.frames.entries())
        place(audio, frame, offset, isNewClock && index === 0);
    },

    /** A segment without sound, which ends at `endTicks` of the file. */
    appendNothing(endTicks: number): void {
      if (!track) return;
      chunkEntry = 0;
      addSilence(
        track,
        Math.max(0, Math.floor((unitsOf(endTicks - LEAD_TICKS, track) - clock) / frameUnits(track))),
      );
    },

    /** Ends the track, silent up to `endTicks` where its sound is over before. */
    finish(endTicks: number): { track: Mp4Track; edit: Mp4Edit } | null {
      if (!track) return null;
      chunkEntry = 0;
      addSilence(track, Math.max(0, Math.floor((unitsOf(endTicks, track) - clock) / frameUnits(track))));
      track.addDuration(pendingDuration);
      track.close();
      const durationTicks = Math.round((clock * 90_000) / track.timescale) - emptyTicks;
      return { track, edit: { emptyTicks, mediaTime, durationTicks } };
    },

    get silentFrames() {
      return silentFrames;
    },
    get droppedFrames() {
      return droppedFrames;
    },
  };
}
