/**
 * A script for every page of a host: the camera, microphone and screen that it gets are drawn and played here, so that a
 * test knows the right picture when it sees it, in the room and in the recording.
 *
 * The camera is magenta with a white bar that wanders; the screen is green with a yellow corner and a bar. The
 * camera is white for 100 ms now and then, and the microphone beeps at the same time, in a rhythm that tells one flash
 * from the next: in each three seconds after 0, 1 and 2.4 s. Both are of 1280 × 720
 * pixels, 30 times a second; `window.pictureSize` says otherwise where many browsers share two cores (`pictureOf`).
 */
export const fakeDevices = `(() => {
  const shared = {};
  const sound = () => {
    if (shared.audio) return shared.audio;
    const context = new AudioContext();
    void context.resume();
    return (shared.audio = context);
  };
  const beats = [0, 1, 2.4];
  const flash = () => beats.some((beat) => (sound().currentTime - beat + 3) % 3 < 0.1);

  function draw(paint) {
    const { width, height, perSecond } = window.pictureSize ?? { width: 1280, height: 720, perSecond: 30 };
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const pen = canvas.getContext("2d");
    pen.scale(width / 1280, height / 720);
    const step = () => { paint(pen, performance.now() / 1000); };
    step();
    const timer = setInterval(step, Math.floor(1000 / perSecond));
    const stream = canvas.captureStream(perSecond);
    const [track] = stream.getVideoTracks();
    const stop = track.stop.bind(track);
    track.stop = () => { clearInterval(timer); stop(); };
    // The browser's own bar: "stop sharing" ends the track without anybody calling stop().
    track.endByBrowser = () => { clearInterval(timer); stop(); track.dispatchEvent(new Event("ended")); };
    return track;
  }
  function camera() {
    return draw((pen, seconds) => {
      pen.fillStyle = flash() ? "#ffffff" : "#d000d0";
      pen.fillRect(0, 0, 1280, 720);
      pen.fillStyle = "#ffffff";
      pen.fillRect((seconds * 200) % 1280, 0, 30, 720);
    });
  }
  function screen() {
    return draw((pen, seconds) => {
      pen.fillStyle = "#00a000";
      pen.fillRect(0, 0, 1280, 720);
      pen.fillStyle = "#f0e000";
      pen.fillRect(0, 0, 320, 180);
      pen.fillStyle = "#003000";
      pen.fillRect((seconds * 160) % 1280, 500, 30, 60);
    });
  }
  function microphone() {
    const context = sound();
    const out = context.createMediaStreamDestination();
    const tone = context.createOscillator();
    const gate = context.createGain();
    tone.frequency.value = 1000;
    gate.gain.value = 0;
    tone.connect(gate).connect(out);
    tone.start();
    let planned = context.currentTime + 0.2;
    const plan = () => {
      const until = context.currentTime + 3;
      for (let round = Math.floor(planned / 3) * 3; round < until; round += 3)
        for (const at of beats.map((beat) => round + beat)) {
          if (at < planned || at >= until) continue;
          gate.gain.setValueAtTime(0.6, at);
          gate.gain.setValueAtTime(0, at + 0.1);
        }
      planned = until;
    };
    plan();
    const timer = setInterval(plan, 500);
    const [track] = out.stream.getAudioTracks();
    const stop = track.stop.bind(track);
    track.stop = () => { clearInterval(timer); tone.stop(); stop(); };
    return track;
  }

  const devices = navigator.mediaDevices;
  if (!devices) return;
  window.fakeDevices = shared;
  devices.getUserMedia = async ({ video, audio }) => {
    if (shared.denied) throw new DOMException("denied", "NotAllowedError");
    const tracks = [];
    if (video) tracks.push((shared.camera = camera()));
    if (audio) tracks.push((shared.microphone = microphone()));
    return new MediaStream(tracks);
  };
  devices.getDisplayMedia = async () => new MediaStream([(shared.screen = screen())]);
})();`;

/** A script before `fakeDevices` that makes its pictures of this size, so many times a second. */
export const pictureOf = (size: { width: number; height: number; perSecond: number }) =>
  `window.pictureSize = ${JSON.stringify(size)}`;
