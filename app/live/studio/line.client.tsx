import { useConnectionQualityIndicator, useRoomContext } from "@livekit/components-react";
import { useEffect } from "react";
import { type Connection, connectionWords, type LineWords, qualityWords } from "./connection-words.ts";

type LineProps = { connection: Connection; onLine: (line: LineWords | null) => void };

/** Tells how the host's own connection is; draws nothing itself. */
export function Line({ connection, onLine }: LineProps) {
  const room = useRoomContext();
  const { quality } = useConnectionQualityIndicator({ participant: room.localParticipant });
  const { words, note, good } =
    connection.kind === "connected"
      ? qualityWords(quality)
      : { ...unknown, words: connectionWords(connection) };
  useEffect(() => onLine({ words, note, good }), [onLine, words, note, good]);
  useEffect(() => () => onLine(null), [onLine]);
  return null;
}

const unknown: LineWords = { words: "", good: false };
