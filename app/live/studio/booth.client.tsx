import { RoomContext } from "@livekit/components-react";
import type { ReactNode } from "react";
import { Button } from "#app/components/button.tsx";
import { Notice } from "#app/components/notice.tsx";
import { Rack, Stage } from "#app/components/stage.tsx";
import type { Connection, LineWords } from "./connection-words.ts";
import { Devices } from "./devices.client.tsx";
import { Line } from "./line.client.tsx";
import { Picture } from "./picture.client.tsx";
import { DeviceProblems } from "./problems.client.tsx";
import type { Sources } from "./sources.client.ts";
import { Switches } from "./switches.client.tsx";
import { useAwake } from "./use-awake.client.ts";
import { useLeaving } from "./use-leaving.client.ts";
import { useBroadcast } from "./use-broadcast.client.ts";
import { useSources, useSourcesState } from "./use-sources.client.ts";

export type BoothProps = {
  streamId: string;
  tab: string;
  /** Before: the green room. In the room with the team alone, or with everybody. */
  stage: "before" | "rehearsal" | "live";
  /** What stands at the end of the rack: the button that ends it. */
  end?: ReactNode;
  /** Hears how the host's own connection is; null: there is none. */
  onLine: (line: LineWords | null) => void;
  /** What is below the rack in the green room and in rehearsal: going live. `ready`: something can be seen or heard. */
  children?: (ready: boolean) => ReactNode;
};

/** Camera, microphone and screen, from the first look in the mirror to the end of the stream. */
export default function Booth(props: BoothProps) {
  const sources = useSources();
  return sources ? <OpenBooth {...props} sources={sources} /> : null;
}

function OpenBooth({
  streamId,
  tab,
  stage,
  end,
  onLine,
  children,
  sources,
}: BoothProps & { sources: Sources }) {
  const { camera, microphone, screen } = useSourcesState(sources);
  const on = stage !== "before";
  const { connection, room, again } = useBroadcast({ streamId, tab, sources, on });
  const nothing = camera.kind !== "on" && screen.kind !== "on" && microphone.kind !== "on";
  const untouched = camera.kind === "off" && microphone.kind === "off" && screen.kind === "off";
  useAwake(stage === "live");
  const leaving = useLeaving(stage === "live", `/account/streams/${streamId}`);
  const askBoth = () => void sources.open("camera").then(() => sources.open("microphone"));
  return (
    <>
      <Stage
        screen={screen.kind === "on" && <Picture track={screen.track} label="Your screen" />}
        camera={camera.kind === "on" && <Picture track={camera.track} label="Your camera" mirrored />}
      >
        {screen.kind !== "on" && camera.kind !== "on" && (
          <>
            <p>{on && !nothing ? "You are heard, and not seen." : "No picture yet."}</p>
            {untouched && (
              <Button type="button" kind="go" onClick={askBoth}>
                Turn on camera and microphone
              </Button>
            )}
          </>
        )}
      </Stage>
      {leaving && (
        <Notice kind="error" role="alert" title="You are live">
          <p>
            On another page nothing is sent from here. The stream stays open, and your audience sees that you
            are away.
          </p>
          <p className="row">
            <Button type="button" kind="go" onClick={leaving.stay}>
              Stay here
            </Button>
            <Button type="button" onClick={leaving.leave}>
              Leave anyway
            </Button>
          </p>
        </Notice>
      )}
      <ConnectionNotice connection={connection} onAgain={again} />
      {on && nothing && connection.kind === "connected" && (
        <Notice role="status">
          You are connected, and nothing is on: turn on your microphone, your camera, or share a screen.
        </Notice>
      )}
      <DeviceProblems sources={sources} />
      <Rack label="What you share">
        <Switches sources={sources} />
        {end}
      </Rack>
      {on && room && (
        <RoomContext.Provider value={room}>
          <Line connection={connection} onLine={onLine} />
        </RoomContext.Provider>
      )}
      {children?.(!nothing)}
      {stage === "live" ? (
        <details className="studio-more">
          <summary className="button">Choose other devices</summary>
          <Devices sources={sources} />
        </details>
      ) : (
        <Devices sources={sources} />
      )}
    </>
  );
}

function ConnectionNotice({ connection, onAgain }: { connection: Connection; onAgain: () => void }) {
  if (connection.kind === "replaced") {
    return (
      <Notice kind="error" role="alert" title="This page was disconnected">
        <p>The same tab broadcasts from another page, and that one goes on. To go on from here, say so.</p>
        <p>
          <Button type="button" kind="go" onClick={onAgain}>
            Broadcast from here
          </Button>
        </p>
      </Notice>
    );
  }
  if (connection.kind === "refused") {
    return (
      <Notice kind="error" role="alert" title="You are not on air">
        <p>{connection.why}</p>
        <p>
          <Button type="button" onClick={onAgain}>
            Try again
          </Button>
        </p>
      </Notice>
    );
  }
  if (connection.kind !== "waiting" && connection.kind !== "reconnecting") return null;
  const why =
    connection.kind === "waiting" ? connection.why : "Your connection is interrupted. We are reconnecting…";
  return (
    <Notice kind="error" role="status">
      {`${why} The stream stays open for your audience meanwhile.`}
    </Notice>
  );
}
