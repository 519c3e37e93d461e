const picture = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } };

/** The camera with this id; another one when it is not there. */
export async function openCamera(id: string | undefined): Promise<MediaStreamTrack> {
  return openOne((deviceId) => ({ video: { ...picture, deviceId } }), id);
}

export async function openMicrophone(id: string | undefined): Promise<MediaStreamTrack> {
  const clean = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  return openOne((deviceId) => ({ audio: { ...clean, deviceId } }), id);
}

async function openOne(
  constraints: (deviceId: ConstrainDOMString | undefined) => MediaStreamConstraints,
  id: string | undefined,
): Promise<MediaStreamTrack> {
  const devices = mediaDevices();
  try {
    return firstOf(await devices.getUserMedia(constraints(id ? { exact: id } : undefined)));
  } catch (error) {
    // The one that was remembered may stay at home today.
    if (!id || (error as Error).name !== "OverconstrainedError") throw error;
    return firstOf(await devices.getUserMedia(constraints(undefined)));
  }
}

/** Asks what to share; its sound comes with it where the browser and the person allow it. */
export async function openScreen(): Promise<{
  video: MediaStreamTrack;
  audio: MediaStreamTrack | undefined;
}> {
  const asShown = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  const stream = await mediaDevices().getDisplayMedia({
    video: { width: { max: 1920 }, height: { max: 1080 }, frameRate: { max: 30 } },
    audio: asShown,
    // Sharing the studio itself is a hall of mirrors.
    ...({ selfBrowserSurface: "exclude", systemAudio: "include", surfaceSwitching: "include" } as object),
  });
  const [video] = stream.getVideoTracks();
  if (!video) throw new DOMException("nothing was chosen", "NotFoundError");
  return { video, audio: stream.getAudioTracks()[0] };
}

function mediaDevices(): MediaDevices {
  // Browsers hide it on insecure pages.
  if (!navigator.mediaDevices?.getUserMedia) throw new DOMException("no devices here", "SecurityError");
  return navigator.mediaDevices;
}

function firstOf(stream: MediaStream): MediaStreamTrack {
  const [track] = stream.getTracks();
  if (!track) throw new DOMException("no track", "NotFoundError");
  return track;
}
