import { useEffect, useRef, useState } from "react";
import { Watch as WatchLayout } from "#app/components/layouts.tsx";
import { useModule } from "../use-module.ts";
import { LobbyFront, LobbyWords } from "./lobby/lobby.tsx";
import { OnAirFront, OnAirWords } from "./on-air.tsx";
import { latePlaces } from "./late-place.tsx";
import { hasChat, WatchChat } from "./pieces.tsx";
import type { WatchProps } from "./watch-page.tsx";

/**
 * A page with a stage: the lobby, the rehearsal, the live stream. It stays while one becomes the other, so that the chat
 * beside it goes on, with what somebody is writing in it, and does not connect anew with everybody else's in the second
 * in which it begins.
 */
export function Auditorium(props: WatchProps) {
  const { watch } = props;
  const waits = watch.place === "lobby";
  const [pictured, onFrame] = usePictured();
  // What comes after the picture is there when the picture goes.
  const wanted = pictured && !waits;
  useModule(latePlaces.ended, { wanted });
  useModule(latePlaces.refused, { wanted });
  return (
    <WatchLayout
      side={hasChat(watch.state) && <WatchChat {...props} ready={waits || pictured} />}
      stage={waits ? <LobbyFront {...props} /> : <OnAirFront {...props} onFrame={onFrame} />}
    >
      {waits ? <LobbyWords {...props} /> : <OnAirWords {...props} />}
    </WatchLayout>
  );
}

/** A picture that does not come must not keep the chat away. */
const longestMs = 6_000;

/** Whether the first frame has been there, and who hears of it. */
function usePictured(): [boolean, () => void] {
  const [pictured, setPictured] = useState(false);
  const onFrame = useRef(() => setPictured(true));
  useEffect(() => {
    const timer = setTimeout(onFrame.current, longestMs);
    return () => clearTimeout(timer);
  }, []);
  return [pictured, onFrame.current];
}
