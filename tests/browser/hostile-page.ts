/** What `openHostile` runs in its page: nothing of this file's scope is there. */
export function hostilePage({ address, url }: { address: string; url: string | null }) {
  type RoomLike = {
    connect(url: string, token: string, options: object): Promise<void>;
    engine?: { token?: string };
    localParticipant: { sid: string };
  };
  const { LivekitClient } = window as unknown as {
    LivekitClient: { Room: new (options: object) => RoomLike; setLogLevel(level: string): void };
  };
  LivekitClient.setLogLevel("silent");
  const gate = url ?? location.origin.replace(/^http/, "ws");
  const connections: RTCPeerConnection[] = [];
  const sockets: WebSocket[] = [];
  const rooms: RoomLike[] = [];
  const sids = new Set<string>();
  const known = new Set<string>();
  let silent = false;
  const answers: Record<string, number> = {};
  const note = (answer: string) => void (answers[answer] = (answers[answer] ?? 0) + 1);

  const Real = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Real {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      connections.push(this);
      this.addEventListener("track", ({ track }) => watch(track));
    }
    override close() {
      // Told to leave, it stays.
    }
  };
  const RealSocket = window.WebSocket;
  window.WebSocket = class extends RealSocket {
    constructor(address: string | URL, protocols?: string | string[]) {
      if (silent) throw new Error("no more signal sockets");
      super(address, protocols);
      sockets.push(this);
    }
  };

  let lastFrame = 0;
  /** Shows a track, and notes when its last picture came, by the machine's clock. */
  function watch(track: MediaStreamTrack) {
    if (track.kind !== "video") return;
    const video = Object.assign(document.createElement("video"), { muted: true, autoplay: true });
    video.srcObject = new MediaStream([track]);
    document.body.append(video);
    const seen = () => {
      lastFrame = Date.now();
      video.requestVideoFrameCallback(seen);
    };
    video.requestVideoFrameCallback(seen);
  }

  const newTab = () => `hostile${Math.random().toString(36).slice(2, 12)}`;
  async function askTicket(tab = newTab()) {
    const response = await fetch(`${address}/ticket`, { method: "POST", body: new URLSearchParams({ tab }) });
    note(`ticket ${response.status}`);
    if (!response.ok) return undefined;
    const { token } = (await response.json()) as { token: string };
    known.add(token);
    return token;
  }

  async function joinWith(token: string) {
    const room = new LivekitClient.Room({});
    rooms.push(room);
    try {
      // Thrown out half-way it would wait for ever.
      const late = pause(2_000).then(() => Promise.reject(new Error("silence")));
      await Promise.race([room.connect(gate, token, { maxRetries: 0 }), late]);
      note("joined");
    } catch (error) {
      note(`refused ${(error as { status?: number }).status ?? (error as Error).message}`);
    }
    keepTokens();
  }

  function keepTokens() {
    for (const { engine, localParticipant } of rooms) {
      if (engine?.token) known.add(engine.token);
      if (localParticipant.sid) sids.add(localParticipant.sid);
    }
  }

  /** What livekit-client asks with when its socket was lost: whose session goes on, and that it is no new one. */
  function resumption(path: string, token: string, sid: string) {
    const query = new URLSearchParams({ access_token: token });
    if (path === "/rtc") {
      for (const [name, value] of Object.entries({ reconnect: "1", sid, sdk: "js", protocol: "16" }))
        query.set(name, value);
    } else {
      // JoinRequest {reconnect = 7, participant_sid = 9} in WrappedJoinRequest {join_request = 2}, as protobuf writes them.
      const bytes = [7 << 3, 1, (9 << 3) | 2, sid.length, ...new TextEncoder().encode(sid)];
      query.set("join_request", btoa(String.fromCharCode((2 << 3) | 2, bytes.length, ...bytes)));
    }
    return `${path}?${query.toString()}`;
  }

  /** What a browser cannot read of a refused socket, `validate` tells. */
  async function tryResume(path: string, token: string, sid: string) {
    const asked = resumption(path, token, sid);
    const opened = await new Promise<boolean>((resolve) => {
      const socket = new RealSocket(`${gate}${asked}`);
      socket.onopen = () => resolve(true);
      socket.onerror = () => resolve(false);
      setTimeout(() => resolve(false), 5_000);
    });
    if (opened) return `${path} open`;
    const said = await fetch(`${gate.replace(/^ws/, "http")}${asked.replace("?", "/validate?")}`);
    return `${path} ${said.status}`;
  }

  async function offer() {
    const connection = new Real();
    connection.addTransceiver("video", { direction: "recvonly" });
    const { sdp } = await connection.createOffer();
    connection.close();
    return sdp;
  }

  async function frames() {
    let decoded = 0;
    for (const connection of connections) {
      if (connection.signalingState === "closed") continue;
      const stats = await connection.getStats();
      stats.forEach((entry: { type: string; kind?: string; framesDecoded?: number }) => {
        if (entry.type === "inbound-rtp" && entry.kind === "video") decoded += entry.framesDecoded ?? 0;
      });
    }
    return decoded;
  }

  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  (window as unknown as { hostile: object }).hostile = {
    ticket: () => askTicket(),
    async join() {
      const token = await askTicket();
      if (token) await joinWith(token);
      await pause(1_500);
      keepTokens();
      return frames();
    },
    tokens: () => (keepTokens(), [...known]),
    takeTokens: (tokens: string[]) => tokens.forEach((token) => known.add(token)),
    loop(loops: number) {
      for (let each = 0; each < loops; each += 1)
        void (async () => {
          for (let turn = each; ; turn += 1) {
            if (turn % 5 === 0) await askTicket().catch(() => note("ticket failed"));
            const tokens = [...known];
            const token = tokens[turn % tokens.length];
            if (token) await joinWith(token);
            await pause(50);
          }
        })();
    },
    dropSignal() {
      silent = true;
      sockets.forEach((socket) => socket.close());
    },
    hasSignal: () => sockets.some(({ readyState }) => readyState !== RealSocket.CLOSED),
    async resume() {
      keepTokens();
      const said = new Set<string>();
      // Not all, which would be so many requests that the gate says only that.
      for (const sid of [...sids].slice(-1))
        for (const token of [...known].slice(-3))
          for (const path of ["/rtc/v1", "/rtc"]) said.add(await tryResume(path, token, sid));
      return [...said];
    },
    async whip() {
      keepTokens();
      const body = await offer();
      const said = new Set<number>();
      for (const token of known) {
        const headers = { authorization: `Bearer ${token}`, "content-type": "application/sdp" };
        said.add((await fetch("/whip/v1", { method: "POST", headers, body })).status);
      }
      return [...said];
    },
    frames,
    lastFrame: () => lastFrame,
    answers: () => answers,
  };
}
