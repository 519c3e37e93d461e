import { useEffect, useRef } from "react";

/** How loud the microphone is, as a bar that moves. Drawn past React: it changes with every frame. */
export function Level({ track }: { track: MediaStreamTrack | undefined }) {
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!track) {
      bar.current?.style.setProperty("--level", "0");
      return;
    }
    const audio = new AudioContext();
    const analyser = new AnalyserNode(audio, { fftSize: 512, smoothingTimeConstant: 0.6 });
    const source = new MediaStreamAudioSourceNode(audio, { mediaStream: new MediaStream([track]) });
    source.connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    let frame = 0;
    function draw() {
      analyser.getFloatTimeDomainData(samples);
      const loudness = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
      // Speech lies between -50 and -10 dB.
      const level = Math.min(1, Math.max(0, (20 * Math.log10(loudness || 1e-6) + 55) / 45));
      bar.current?.style.setProperty("--level", level.toFixed(3));
      frame = requestAnimationFrame(draw);
    }
    draw();
    // Some browsers let sound be analysed only after the first touch of the page.
    const wake = () => void audio.resume();
    document.addEventListener("pointerdown", wake);
    return () => {
      cancelAnimationFrame(frame);
      document.removeEventListener("pointerdown", wake);
      void audio.close();
    };
  }, [track]);
  return (
    <div
      className="level"
      ref={bar}
      role="img"
      aria-label={track ? "Level of your microphone" : "The microphone is silent"}
    />
  );
}
