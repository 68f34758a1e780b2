/** The page's two media elements, the engine that puts links on them, and how loud they are. */
import { Engine, type Kind } from "./engine";
import { volume } from "./volume.svelte";

export type MediaEvent =
  "timeupdate" | "playing" | "waiting" | "seeking" | "pause" | "ended" | "durationchange";
export type MediaCalls = Record<MediaEvent, (media: HTMLMediaElement) => void>;

export class Deck {
  #elements: Partial<Record<Kind, HTMLMediaElement>> = {};
  #engine: Engine;
  #kind: Kind = "audio";
  #gainDb = 0;

  /** `onFailure` is called once for each link that stops working. */
  constructor(onFailure: () => void) {
    this.#engine = new Engine(onFailure);
  }

  /** The element that plays. */
  get media(): HTMLMediaElement | undefined {
    return this.#elements[this.#kind];
  }

  get isLoaded(): boolean {
    return this.#engine.isLoaded;
  }

  /** Listens to an element while it is the one that plays; returns what takes that back. */
  use(kind: Kind, element: HTMLMediaElement, calls: MediaCalls): () => void {
    this.#elements[kind] = element;
    const off = new AbortController();
    for (const [name, call] of Object.entries(calls))
      element.addEventListener(name, () => element === this.media && call(element), { signal: off.signal });
    return () => off.abort();
  }

  attach(kind: Kind): void {
    this.#kind = kind;
    if (this.media) this.#engine.attach(this.media, kind);
  }

  /** False when this browser can play no HLS at all. */
  load(link: string, position: number): Promise<boolean> {
    return this.#engine.load(link, this.#kind, position);
  }

  release(): void {
    this.#engine.release();
  }

  /** Asks the element to play. A browser may want a tap first. */
  press(onTapWanted: () => void): void {
    this.media?.play().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === "NotAllowedError") onTapWanted();
    });
  }

  /** The listener's volume with the gain of what plays, on both elements. */
  applyVolume(gainDb = this.#gainDb): void {
    this.#gainDb = gainDb;
    for (const element of Object.values(this.#elements)) {
      element.volume = volume.factor(gainDb);
      element.muted = volume.muted;
    }
  }
}
