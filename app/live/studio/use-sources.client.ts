import { useEffect, useState, useSyncExternalStore } from "react";
import { createSources, type Sources } from "./sources.client.ts";

/** The host's devices, for as long as the studio is open; devices that were on last time come on by themselves. */
export function useSources(): Sources | undefined {
  const [sources, setSources] = useState<Sources>();
  useEffect(() => {
    const made = createSources();
    // Shown only when it is known what comes on by itself: a button that vanishes under the finger helps nobody.
    void openAsBefore(made).then(() => setSources(made));
    return () => made.dispose();
  }, []);
  return sources;
}

export function useSourcesState(sources: Sources) {
  return useSyncExternalStore(sources.subscribe, sources.get);
}

/**
 * After a reload the host is seen and heard as before it. Nobody is asked before pressing a button, and nothing that was
 * switched off or muted comes on again.
 */
async function openAsBefore(sources: Sources) {
  const { cameraOn, microphoneOn } = sources.get().choice;
  if (cameraOn && (await isAllowed("camera"))) void sources.open("camera");
  if (microphoneOn && (await isAllowed("microphone"))) void sources.open("microphone");
}

async function isAllowed(name: "camera" | "microphone"): Promise<boolean> {
  try {
    return (await navigator.permissions.query({ name: name as PermissionName })).state === "granted";
  } catch {
    return false;
  }
}
