/** A network that lets no media of WebRTC through, by UDP or by TCP: only a relay could, and there is none. */
export const noMedia = `(() => {
  const Real = RTCPeerConnection;
  const relayed = (options) => ({ ...options, iceServers: [], iceTransportPolicy: "relay" });
  window.RTCPeerConnection = class extends Real {
    constructor(options) { super(window.mediaMayPass ? options : relayed(options)); }
    setConfiguration(options) { super.setConfiguration(window.mediaMayPass ? options : relayed(options)); }
  };
})();`;
