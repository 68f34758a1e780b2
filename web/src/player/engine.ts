/** Puts a link on a media element: hls.js where it can run, else the browser's own HLS. */
import type Hls from "hls.js";
import type { ErrorData, HlsConfig } from "hls.js";

export type Kind = "audio" | "video";
type HlsClass = typeof Hls;

interface Connection {
  effectiveType?: string;
  saveData?: boolean;
  downlink?: number;
}

const loaded: Partial<Record<Kind, HlsClass>> = {};
// Songs need neither a second sound track nor pictures, and the build without them is a third smaller.
const builds: Record<Kind, () => Promise<{ default: HlsClass }>> = {
  audio: () => import("hls.js/light"),
  video: () => import("hls.js"),
};

/** The player's code for this kind; ahead of the first tap it costs the listener nothing. */
export async function loadPlayer(kind: Kind): Promise<HlsClass> {
  return (loaded[kind] ??= (await builds[kind]()).default);
}

function connection(): Connection {
  return (navigator as Navigator & { connection?: Connection }).connection ?? {};
}

// What the last track measured is the best guess for the next one.
let measured = 0;

function settings(): Partial<HlsConfig> {
  const { effectiveType = "4g", saveData = false, downlink } = connection();
  const isSlow = saveData || effectiveType !== "4g";
  const guess = measured || (downlink ? Math.min(downlink * 600_000, 4_000_000) : 600_000);
  return {
    startLevel: isSlow && !measured ? 0 : -1,
    abrEwmaDefaultEstimate: guess,
    testBandwidth: false,
    startFragPrefetch: true,
    // Not the whole of what may be skipped in a moment: by itself hls.js reads ten minutes ahead.
    maxBufferLength: 30,
    maxMaxBufferLength: 45,
    backBufferLength: 60,
    // fMP4 is passed on as it is, so a worker has nothing to do.
    enableWorker: false,
  };
}

export class Engine {
  #hls: Hls | null = null;
  #element: HTMLMediaElement | null = null;
  /** A link is on the element. */
  isLoaded = false;

  /** `onFailure` is called once for each attached link that stops working. */
  constructor(readonly onFailure: () => void) {}

  /** Makes the element ready within the tap itself, so that a browser lets it play when the link comes. */
  attach(element: HTMLMediaElement, kind: Kind): void {
    this.release();
    this.#element = element;
    const Player = loaded[kind];
    if (Player?.isSupported()) this.#attachHls(Player, element);
  }

  /** Shows a link from a position in seconds. False when this browser can play no HLS at all. */
  async load(link: string, kind: Kind, position: number): Promise<boolean> {
    const element = this.#element;
    const Player = await loadPlayer(kind);
    if (element !== this.#element || !element) return true;
    this.isLoaded = true;
    if (Player.isSupported()) {
      const hls = this.#hls ?? this.#attachHls(Player, element);
      if (position > 0) hls.config.startPosition = position;
      hls.loadSource(link);
      return true;
    }
    return this.#loadNatively(element, link, position);
  }

  release(): void {
    if (this.#hls) {
      measured = this.#hls.bandwidthEstimate || measured;
      this.#hls.destroy();
      this.#hls = null;
    }
    if (this.#element) {
      this.#element.onerror = null;
      if (this.#element.hasAttribute("src")) {
        this.#element.removeAttribute("src");
        this.#element.load();
      }
    }
    this.#element = null;
    this.isLoaded = false;
  }

  #attachHls(Player: HlsClass, element: HTMLMediaElement): Hls {
    const hls = new Player(settings());
    hls.on(Player.Events.ERROR, (_, data) => this.#failed(hls, data));
    hls.attachMedia(element);
    this.#hls = hls;
    return hls;
  }

  #failed(hls: Hls, data: ErrorData): void {
    const code = data.response?.code ?? 0;
    const isRefused = code === 403 || code === 404;
    if (hls !== this.#hls || !(data.fatal || isRefused)) return;
    this.release();
    this.onFailure();
  }

  #loadNatively(element: HTMLMediaElement, link: string, position: number): boolean {
    if (!element.canPlayType("application/vnd.apple.mpegurl")) return false;
    element.onerror = () => {
      this.release();
      this.onFailure();
    };
    element.src = link;
    if (position > 0) {
      element.addEventListener("loadedmetadata", () => (element.currentTime = position), { once: true });
    }
    return true;
  }
}
