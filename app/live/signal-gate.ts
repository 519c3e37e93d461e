/** Where LiveKit is reached unless a ticket says otherwise: through the gate on this page's own origin. */
export const signalGate = (): string => location.origin.replace(/^http/, "ws");
