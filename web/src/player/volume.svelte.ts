/** The listener's own volume, kept, and what a track's gain makes of it. */
import { keep, store } from "../lib/storage";

const KEY = "backbeat.volume";

function keptVolume(): number {
  const kept = Number(store.getItem(KEY) ?? "1");
  return kept >= 0 && kept <= 1 ? kept : 1;
}

/** A gain in dB as a factor. Only ever quieter: what would be louder could clip. */
export function attenuation(gainDb: number): number {
  return Math.min(1, 10 ** (gainDb / 20));
}

class Volume {
  /** 0 to 1, as the slider shows it. */
  level = $state(keptVolume());
  muted = $state(false);

  set(level: number): void {
    this.level = Math.min(1, Math.max(0, level));
    this.muted = false;
    keep(KEY, String(this.level));
  }

  /** What the media element gets. The ear hears ratios, so the slider's middle is a quarter. */
  factor(gainDb: number): number {
    return this.level ** 2 * attenuation(gainDb);
  }
}

export const volume = new Volume();
