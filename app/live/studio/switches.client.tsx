import { Button } from "#app/components/button.tsx";
import type { Source, Sources } from "./sources.client.ts";
import { useSourcesState } from "./use-sources.client.ts";

/** Microphone, camera, screen: each button does one thing, and says in words whether it is on. */
export function Switches({ sources }: { sources: Sources }) {
  const { camera, microphone, screen, screenAudio } = useSourcesState(sources);
  const heard = microphone.kind === "on";
  function switchMicrophone() {
    if (microphone.kind === "on" || microphone.kind === "muted") sources.mute(heard);
    else void sources.open("microphone");
  }
  function switchCamera() {
    if (camera.kind === "on") sources.close("camera");
    else void sources.open("camera");
  }
  return (
    <>
      <Switch name="Microphone" source={microphone} on={heard} onClick={switchMicrophone} />
      <Switch name="Camera" source={camera} on={camera.kind === "on"} onClick={switchCamera} />
      {screen.kind === "on" ? (
        <Button type="button" onClick={sources.stopSharing} aria-pressed>
          Stop sharing
        </Button>
      ) : (
        <Button
          type="button"
          onClick={() => void sources.share()}
          pending={screen.kind === "opening" && "Choose what to share…"}
        >
          Share screen
        </Button>
      )}
      {screen.kind === "on" && (
        <span className="small">{screenAudio.kind === "on" ? "With its sound." : "Without sound."}</span>
      )}
    </>
  );
}

type SwitchProps = { name: string; source: Source; on: boolean; onClick: () => void };

function Switch({ name, source, on, onClick }: SwitchProps) {
  return (
    <Button
      type="button"
      aria-pressed={on}
      onClick={onClick}
      pending={source.kind === "opening" && `${name}: starting…`}
    >
      {name}
      <span className="switch-state" aria-hidden="true">
        {on ? "on" : source.kind === "muted" ? "muted" : "off"}
      </span>
    </Button>
  );
}
