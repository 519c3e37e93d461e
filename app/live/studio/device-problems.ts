export type Device = "camera" | "microphone" | "screen";

/**
 * Why a device could not be used, in a sentence that says what to do. Browsers tell it by the error's name; `secure` is
 * whether the page may use devices at all.
 */
export function deviceProblem(device: Device, error: unknown, { secure = true } = {}): string {
  const { name = "", message = "" } = (error ?? {}) as { name?: string; message?: string };
  if (!secure) {
    return "Your browser gives cameras and microphones only to secure pages. Open this page by its https address.";
  }
  if (device === "screen") return screenProblem(name, message);
  const it = `Your ${device}`;
  switch (name) {
    case "NotAllowedError":
    case "PermissionDeniedError":
      if (/system/i.test(message)) {
        return `Your computer does not let the browser use the ${device}. Allow it in the system's privacy settings, then press ${press(device)} again.`;
      }
      if (/dismiss/i.test(message))
        return `The browser's question was closed. Press ${press(device)} again and choose Allow.`;
      return `${it} is blocked for this page. Click the sign beside the address, allow the ${device}, then press ${press(device)} again.`;
    case "NotFoundError":
    case "DevicesNotFoundError":
      return `No ${device} was found. Plug one in: it will be listed here by itself. You can go live without it.`;
    case "NotReadableError":
    case "TrackStartError":
      return `${it} is in use by another program, or does not answer. Close the other program, then press ${press(device)} again.`;
    case "OverconstrainedError":
    case "ConstraintNotSatisfiedError":
      return `The ${device} that you chose is not there any more. Choose another one from the list.`;
    case "AbortError":
      return `${it} stopped while it was starting. Press ${press(device)} again.`;
    case "SecurityError":
      return `Your browser's settings forbid ${device}s altogether. Change that in its settings, or use another browser.`;
    default:
      return `${it} could not be started. Press ${press(device)} again, or choose another one from the list.`;
  }
}

/** What is said when a device goes away in the middle. */
export function deviceLost(device: Exclude<Device, "screen">): string {
  const other = device === "camera" ? "what else you share goes on" : "the picture goes on";
  return `Your ${device} was unplugged or taken away; ${other}. Plug it in again and it comes back by itself, or choose another one.`;
}

function screenProblem(name: string, message: string): string {
  if (name === "NotAllowedError" && /system/i.test(message)) {
    return "Your computer does not let the browser show the screen. Allow screen recording in the system's privacy settings, then press Share screen again.";
  }
  if (name === "NotAllowedError" || name === "AbortError") {
    return "Nothing is shared. Press Share screen to choose a screen, a window or a tab.";
  }
  if (name === "NotFoundError") return "There is no screen that can be shared.";
  if (name === "NotReadableError") {
    return "Your computer would not show that screen or window. Choose another one.";
  }
  if (name === "TypeError" || name === "NotSupportedError") {
    return "This browser cannot share a screen. Phones mostly cannot: use a computer for that.";
  }
  return "The screen could not be shared. Press Share screen to try again.";
}

const press = (device: Device) => (device === "camera" ? "Camera" : "Microphone");
