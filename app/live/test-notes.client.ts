type Sinkable = HTMLAudioElement & { setSinkId?: (id: string) => Promise<void> };

/** Plays three short notes on a speaker (its device id; the usual one without); rejects where nothing can be heard. */
export async function playNotes(audio: AudioContext, speaker?: string): Promise<void> {
  const output = audio.createMediaStreamDestination();
  const element: Sinkable = new Audio();
  element.srcObject = output.stream;
  if (speaker && element.setSinkId) await element.setSinkId(speaker);
  await element.play();
  const begin = audio.currentTime + 0.05;
  [523, 659, 784].forEach((frequency, index) => {
    const at = begin + index * 0.22;
    const tone = new OscillatorNode(audio, { frequency, type: "triangle" });
    const gain = new GainNode(audio, { gain: 0 });
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(0.25, at + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.001, at + 0.4);
    tone.connect(gain).connect(output);
    tone.start(at);
    tone.stop(at + 0.45);
  });
  await new Promise((resolve) => setTimeout(resolve, 1100));
  element.pause();
  element.srcObject = null;
}
