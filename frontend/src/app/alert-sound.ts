import type { Severity } from "@/api/types";

/** Notes of each severity in hertz, one after the other: the graver, the more. */
const NOTES: Record<Severity, readonly number[]> = {
  info: [660],
  warning: [660, 880],
  critical: [988, 784, 988],
};
const NOTE_S = 0.14;
const LOUDNESS = 0.15;
const RANK: readonly Severity[] = ["info", "warning", "critical"];

let context: AudioContext | null = null;

/** Plays the sound of a severity; silent while the browser has seen no touch or key on this page. */
export async function playAlert(severity: Severity): Promise<void> {
  if (!("AudioContext" in window)) return;
  context ??= new AudioContext();
  if (context.state !== "running") await context.resume();
  const { currentTime, destination } = context;
  NOTES[severity].forEach((hertz, index) => {
    if (!context) return;
    const [tone, volume] = [context.createOscillator(), context.createGain()];
    const from = currentTime + index * NOTE_S;
    tone.frequency.value = hertz;
    volume.gain.setValueAtTime(LOUDNESS, from);
    // A tone that ends at once cracks.
    volume.gain.exponentialRampToValueAtTime(0.001, from + NOTE_S);
    tone.connect(volume).connect(destination);
    tone.start(from);
    tone.stop(from + NOTE_S);
  });
}

/** The gravest of the severities whose rules ask for a sound; null where none does. */
export function loudest(
  events: readonly { severity: Severity; rule: { sound: boolean } }[],
): Severity | null {
  const asked = events.filter(({ rule }) => rule.sound).map(({ severity }) => severity);
  return RANK.findLast((severity) => asked.includes(severity)) ?? null;
}
