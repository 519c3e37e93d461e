export type DeviceChoice = {
  camera?: string;
  microphone?: string;
  speaker?: string;
  /** Which of them were on when this browser was last here: those come on by themselves. */
  cameraOn: boolean;
  microphoneOn: boolean;
};

const key = "frontrow.devices";

/** The devices that this browser used last. */
export function readDeviceChoice(storage: Pick<Storage, "getItem"> | undefined): DeviceChoice {
  try {
    const read = JSON.parse(storage?.getItem(key) ?? "{}") as Record<string, unknown>;
    const id = (name: string) => (typeof read[name] === "string" && read[name] ? read[name] : undefined);
    return {
      camera: id("camera"),
      microphone: id("microphone"),
      speaker: id("speaker"),
      cameraOn: read.cameraOn === true,
      microphoneOn: read.microphoneOn === true,
    };
  } catch {
    return { cameraOn: false, microphoneOn: false };
  }
}

/** A browser that keeps nothing (private, full) only forgets. */
export function writeDeviceChoice(storage: Pick<Storage, "setItem"> | undefined, choice: DeviceChoice): void {
  try {
    storage?.setItem(key, JSON.stringify(choice));
  } catch {
    return;
  }
}
