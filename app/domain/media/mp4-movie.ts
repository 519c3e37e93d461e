import type { AudioFormat } from "./aac.ts";
import type { ParameterSets } from "./h264.ts";
import { type BoxWriter, createBoxWriter } from "./mp4-boxes.ts";
import type { Column, Runs } from "./mp4-columns.ts";
import { writeAudioEntry, writeVideoEntry } from "./mp4-sample-entries.ts";
import { type Mp4Edit, type Mp4Track, tableBytes } from "./mp4-track.ts";

/** The movie's own units a second: those of the transport stream, so that nothing is rounded. */
const MOVIE_TIMESCALE = 90_000;
const IDENTITY = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000];

export type Movie = {
  durationTicks: number;
  video: { track: Mp4Track; entries: ParameterSets[]; edit: Mp4Edit } | null;
  audio: { track: Mp4Track; entries: AudioFormat[]; edit: Mp4Edit } | null;
  /** The last byte of media stands below this offset. */
  fileBytes: number;
};

/**
 * The `moov` box of a closed set of tracks. `chunkShift` is added to every chunk's offset: what the media moves by
 * when the head turns out shorter than was kept free for it.
 */
export function movieBox(movie: Movie, chunkShift: number): Uint8Array {
  const { video, audio, durationTicks } = movie;
  const entries = (video?.entries ?? []).reduce(
    (sum, { sps, pps }) => sum + 256 + [...sps, ...pps].reduce((bytes, set) => bytes + 2 + set.length, 0),
    4096 + 256 * (audio?.entries.length ?? 0),
  );
  const tables = (video ? tableBytes(video.track) : 0) + (audio ? tableBytes(audio.track) : 0);
  const writer = createBoxWriter(new Uint8Array(entries + tables));
  const file: FileFacts = { chunkShift, wideOffsets: movie.fileBytes + chunkShift >= 2 ** 32 };

  writer.box("moov", () => {
    timed(writer, "mvhd", 0, durationTicks, (duration) => {
      writer.u32(MOVIE_TIMESCALE);
      duration();
      writer.u32(0x10000);
      writer.u16(0x100);
      writer.zeros(10);
      for (const value of IDENTITY) writer.u32(value);
      writer.zeros(24);
      writer.u32(3);
    });
    if (video) {
      const { width, height, sampleAspect } = video.entries[0]!.parameters;
      const shown = { width: (width * sampleAspect.width) / sampleAspect.height, height };
      writeTrack(writer, { id: 1, kind: "vide", ...video, shown, file }, () => {
        for (const entry of video.entries) writeVideoEntry(writer, entry);
      });
    }
    if (audio) {
      writeTrack(writer, { id: 2, kind: "soun", ...audio, shown: { width: 0, height: 0 }, file }, () => {
        for (const entry of audio.entries) writeAudioEntry(writer, entry);
      });
    }
  });
  return writer.written;
}

type FileFacts = { chunkShift: number; wideOffsets: boolean };
type TrackFacts = {
  id: number;
  kind: "vide" | "soun";
  track: Mp4Track;
  entries: readonly unknown[];
  edit: Mp4Edit;
  shown: { width: number; height: number };
  file: FileFacts;
};

function writeTrack(writer: BoxWriter, facts: TrackFacts, writeEntries: () => void): void {
  const { id, kind, track, edit, shown } = facts;
  writer.box("trak", () => {
    timed(writer, "tkhd", 3, edit.emptyTicks + edit.durationTicks, (duration) => {
      writer.u32(id);
      writer.u32(0);
      duration();
      writer.zeros(8);
      writer.u16(0);
      // Tracks of one group are alternatives of each other: 0 is none.
      writer.u16(0);
      writer.u16(kind === "soun" ? 0x100 : 0);
      writer.u16(0);
      for (const value of IDENTITY) writer.u32(value);
      writer.u32(Math.round(shown.width * 65_536));
      writer.u32(Math.round(shown.height * 65_536));
    });
    writer.box("edts", () => writeEdits(writer, edit));
    writer.box("mdia", () => {
      timed(writer, "mdhd", 0, track.mediaDuration, (duration) => {
        writer.u32(track.timescale);
        duration();
        // The language is not known ("und").
        writer.u16(0x55c4);
        writer.u16(0);
      });
      writer.fullBox("hdlr", 0, 0, () => {
        writer.u32(0);
        writer.ascii(kind);
        writer.zeros(12);
        writer.ascii(kind === "vide" ? "Video\0" : "Sound\0");
      });
      writer.box("minf", () => {
        if (kind === "vide") writer.fullBox("vmhd", 0, 1, () => writer.zeros(8));
        else writer.fullBox("smhd", 0, 0, () => writer.zeros(4));
        writer.box("dinf", () =>
          writer.fullBox("dref", 0, 0, () => {
            writer.u32(1);
            writer.fullBox("url ", 0, 1, () => {});
          }),
        );
        writer.box("stbl", () => writeTables(writer, facts, writeEntries));
      });
    });
  });
}

function writeEdits(writer: BoxWriter, edit: Mp4Edit): void {
  const isLong = edit.durationTicks >= 2 ** 32 || edit.mediaTime >= 2 ** 31 || edit.emptyTicks >= 2 ** 32;
  const time = (value: number) => (isLong ? writer.u64(value) : writer.u32(value));
  writer.fullBox("elst", isLong ? 1 : 0, 0, () => {
    writer.u32(edit.emptyTicks > 0 ? 2 : 1);
    if (edit.emptyTicks > 0) {
      time(edit.emptyTicks);
      // A media time of -1 shows nothing.
      writer.u32(0xffffffff);
      if (isLong) writer.u32(0xffffffff);
      writer.u32(0x10000);
    }
    time(edit.durationTicks);
    time(edit.mediaTime);
    writer.u32(0x10000);
  });
}

function writeTables(writer: BoxWriter, facts: TrackFacts, writeEntries: () => void): void {
  const { track, entries, file, kind } = facts;
  writer.fullBox("stsd", 0, 0, () => {
    writer.u32(entries.length);
    writeEntries();
  });
  writer.fullBox("stts", 0, 0, () => writeRuns(writer, track.durations));
  if (track.isReordered) {
    const version = track.hasNegativeComposition ? 1 : 0;
    writer.fullBox("ctts", version, 0, () => writeRuns(writer, track.compositions));
  }
  if (kind === "vide") writer.fullBox("stss", 0, 0, () => writeColumn(writer, track.syncSamples));
  writer.fullBox("stsc", 0, 0, () => {
    const { firstChunks, samples, entries: runEntries } = track.chunkRuns;
    writer.u32(samples.length);
    for (let run = 0; run < samples.length; run++) {
      writer.u32(firstChunks.at(run));
      writer.u32(samples.at(run));
      writer.u32(runEntries.at(run));
    }
  });
  writer.fullBox("stsz", 0, 0, () => {
    writer.u32(0);
    writeColumn(writer, track.sizes);
  });
  writer.fullBox(file.wideOffsets ? "co64" : "stco", 0, 0, () => {
    const chunks = track.chunkOffsetsLow.length;
    writer.u32(chunks);
    for (let chunk = 0; chunk < chunks; chunk++) {
      const offset =
        track.chunkOffsetsHigh.at(chunk) * 2 ** 32 + track.chunkOffsetsLow.at(chunk) + file.chunkShift;
      if (file.wideOffsets) writer.u64(offset);
      else writer.u32(offset);
    }
  });
}

function writeColumn(writer: BoxWriter, column: Column): void {
  writer.u32(column.length);
  for (let index = 0; index < column.length; index++) writer.u32(column.at(index));
}

function writeRuns(writer: BoxWriter, { counts, values }: Runs): void {
  writer.u32(counts.length);
  for (let run = 0; run < counts.length; run++) {
    writer.u32(counts.at(run));
    writer.u32(values.at(run));
  }
}

/** A full box that begins with creation and modification times (left 0) and has a duration: long where it must be. */
function timed(
  writer: BoxWriter,
  type: string,
  flags: number,
  duration: number,
  content: (writeDuration: () => void) => void,
): void {
  const isLong = duration >= 2 ** 32;
  writer.fullBox(type, isLong ? 1 : 0, flags, () => {
    writer.zeros(isLong ? 16 : 8);
    content(() => (isLong ? writer.u64(duration) : writer.u32(duration)));
  });
}
