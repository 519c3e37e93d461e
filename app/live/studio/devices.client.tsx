import { SelectField } from "#app/components/field.tsx";
import { Level } from "./level.client.tsx";
import type { KnownDevice, Source, Sources } from "./sources.client.ts";
import { TestSound } from "./test-sound.client.tsx";
import { useSourcesState } from "./use-sources.client.ts";

/** Which camera, microphone and speaker, remembered by the browser. */
export function Devices({ sources }: { sources: Sources }) {
  const { devices, choice, camera, microphone } = useSourcesState(sources);
  const canChooseSpeaker = "setSinkId" in HTMLMediaElement.prototype && devices.speakers.length > 0;
  return (
    <div className="studio-devices">
      <DeviceField
        name="camera"
        label="Camera to use"
        devices={devices.cameras}
        chosen={inUse(camera, devices.cameras) ?? choice.camera}
        onChoose={(id) => void sources.choose("camera", id)}
      />
      <div className="stack">
        <DeviceField
          name="microphone"
          label="Microphone to use"
          devices={devices.microphones}
          chosen={inUse(microphone, devices.microphones) ?? choice.microphone}
          onChoose={(id) => void sources.choose("microphone", id)}
        />
        <Level track={microphone.kind === "on" ? microphone.track : undefined} />
      </div>
      <div className="stack">
        {canChooseSpeaker && (
          <DeviceField
            name="speaker"
            label="Speaker to use"
            devices={devices.speakers}
            chosen={choice.speaker}
            onChoose={(id) => void sources.choose("speaker", id)}
          />
        )}
        <TestSound speaker={choice.speaker} />
      </div>
    </div>
  );
}

/** What is really open: another one than was chosen, where that is not there. */
function inUse(source: Source, devices: KnownDevice[]): string | undefined {
  if (source.kind !== "on" && source.kind !== "muted") return undefined;
  const id = source.track.getSettings().deviceId;
  return devices.some((device) => device.id === id) ? id : undefined;
}

type DeviceFieldProps = {
  name: string;
  label: string;
  devices: KnownDevice[];
  chosen: string | undefined;
  onChoose: (id: string) => void;
};

function DeviceField({ name, label, devices, chosen, onChoose }: DeviceFieldProps) {
  // Chromium lists the system's own choice as a device.
  const shown = chosen ?? "default";
  const there = devices.some(({ id }) => id === shown);
  return (
    <SelectField
      name={name}
      label={label}
      value={there ? shown : ""}
      onChange={(event) => onChoose(event.target.value)}
    >
      {!there && (
        <option value="">{chosen ? "The one from last time is not here" : "The browser's choice"}</option>
      )}
      {devices.map(({ id, label: words }) => (
        <option key={id} value={id}>
          {words}
        </option>
      ))}
    </SelectField>
  );
}
