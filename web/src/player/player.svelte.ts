/** The one player of the page: queue, tickets, media and the count of what was heard. */
import { SignInDismissed } from "../api/client";
import { asProblem } from "../api/problems";
import type { PlayContext, Track } from "../api/types";
import { auth } from "../auth/auth.svelte";
import { reasonFor } from "../lib/restrictions";
import { store } from "../lib/storage";
import { Courier } from "./courier";
import { Engine, loadPlayer, type Kind } from "./engine";
import { Listen } from "./listen";
import { Outbox } from "./outbox";
import * as queues from "./queue";
import type { Item, Queue } from "./queue";
import { isRefusal, Tickets, type Ticket } from "./tickets";
import { volume } from "./volume.svelte";

export type Status = "idle" | "loading" | "playing" | "paused" | "failed";

const LINK_AGAIN_AFTER_MS = [500, 2_000];
// After this much sound a link has proved itself, and the next failure is a new one.
const PROVED_MS = 10_000;
const BACK_TO_START_S = 3;

const NO_HLS = "This browser can't play HLS. Use a current Chrome, Firefox, Edge or Safari.";
const LOST = "The connection was lost. Press play to try again.";

class Player {
  queue = $state.raw<Queue>(queues.NOTHING);
  status = $state<Status>("idle");
  /** Seconds. */
  elapsed = $state(0);
  duration = $state(0);
  /** Why nothing plays, or what the listener should know. */
  notice = $state<string | null>(null);
  /** A video fills the content, or waits in the corner while pages are read. */
  stage = $state<"open" | "corner">("open");

  current: Item | null = $derived(queues.currentOf(this.queue));
  next: Item | null = $derived(queues.nextOf(this.queue));
  kind: Kind = $derived(this.current?.track.kind === "video" ? "video" : "audio");
  isBusy = $derived(this.status === "loading" || this.status === "playing");

  #elements: Partial<Record<Kind, HTMLMediaElement>> = {};
  #engine = new Engine(() => void this.#linkFailed());
  #tickets = new Tickets(() => auth.user?.uid);
  #courier = new Courier(
    new Outbox(store),
    () => {
      const token = auth.token();
      return token && auth.user ? { token, userUid: auth.user.uid } : null;
    },
    () => auth.fresh(),
  );
  #listen: Listen | null = null;
  #gainDb = 0;
  #wanted = false;
  #failures = 0;
  #goodSince = 0;
  #renewing = -1;
  /** Tells late answers for what no longer plays from those for what does. */
  #turn = 0;

  // --- What the listener does ---------------------------------------------------------------------------------------

  play(tracks: readonly Track[], place: number, context: PlayContext): void {
    this.queue = queues.queueOf(tracks, place, context);
    void this.#start();
  }

  toggle(): void {
    if (!this.current) return;
    if (this.isBusy) this.pause();
    else this.resume();
  }

  pause(): void {
    this.#wanted = false;
    this.#heard();
    this.#rest();
    this.#media?.pause();
    this.#listen?.write();
    if (this.status !== "failed") this.status = "paused";
  }

  resume(): void {
    if (!this.current) return;
    if (!this.#listen) return void this.#start(this.#hasEnded ? 0 : this.elapsed);
    this.#wanted = true;
    this.notice = null;
    this.status = "loading";
    if (this.#engine.isLoaded) this.#press();
    else void this.#renew();
  }

  jump(item: Item): void {
    this.queue = queues.goTo(this.queue, item);
    void this.#start();
  }

  skip(): void {
    if (this.next) this.jump(this.next);
  }

  back(): void {
    const previous = queues.previousOf(this.queue);
    if (previous && this.elapsed < BACK_TO_START_S) this.jump(previous);
    else this.seek(0);
  }

  /** Seconds from the beginning. */
  seek(seconds: number): void {
    const media = this.#media;
    if (!this.current || !media) return;
    const end = this.duration > 0 ? Math.max(0, this.duration - 0.1) : seconds;
    this.#heard();
    this.#rest();
    this.elapsed = Math.min(Math.max(0, seconds), end);
    if (this.#engine.isLoaded) media.currentTime = this.elapsed;
  }

  append(track: Track, context: PlayContext): void {
    if (!this.current) return this.play([track], 0, context);
    this.queue = queues.append(this.queue, [track], context);
    if (this.next) void this.#tickets.fetchAhead(this.next);
  }

  remove(item: Item): void {
    this.queue = queues.without(this.queue, item);
  }

  clearUpcoming(): void {
    this.queue = queues.withoutUpcoming(this.queue);
  }

  isCurrent(track: Track): boolean {
    return this.current?.track.uid === track.uid;
  }

  // --- The page's side ----------------------------------------------------------------------------------------------

  /** Tells the player its elements and lets it listen to them; returns what takes that back. */
  use(kind: Kind, element: HTMLMediaElement): () => void {
    this.#elements[kind] = element;
    const off = new AbortController();
    const on = (name: string, call: () => void): void =>
      element.addEventListener(name, () => element === this.#media && call(), { signal: off.signal });
    on("timeupdate", () => this.#moved(element));
    on("playing", () => this.#playing(element));
    on("waiting", () => this.#stalled());
    on("seeking", () => this.#rest());
    on("pause", () => this.#paused(element));
    on("ended", () => this.#ended());
    on("durationchange", () => this.#measured(element.duration));
    return () => off.abort();
  }

  followPage(): void {
    auth.onSignIn(() => void this.#courier.flush());
    addEventListener("online", () => {
      void this.#courier.flush();
      if (this.status === "failed" && this.#wanted) this.resume();
    });
    addEventListener("pagehide", () => this.#leave());
    document.addEventListener("visibilitychange", () => document.hidden && this.#listen?.write());
  }

  /** The listener's volume with this track's gain, on both elements. */
  applyVolume(): void {
    for (const element of Object.values(this.#elements)) {
      element.volume = volume.factor(this.#gainDb);
      element.muted = volume.muted;
    }
  }

  /** Before the listener signs out; resolves when what was heard has been sent, or kept. */
  async stop(): Promise<void> {
    this.#turn += 1;
    this.#endListen();
    this.#engine.release();
    this.#wanted = false;
    this.queue = queues.NOTHING;
    this.status = "idle";
    this.notice = null;
    await this.#courier.flush();
  }

  // --- Playing ------------------------------------------------------------------------------------------------------

  get #media(): HTMLMediaElement | undefined {
    return this.#elements[this.kind];
  }

  get #hasEnded(): boolean {
    return this.duration > 0 && this.elapsed >= this.duration - 0.5;
  }

  /** A new listen of the current item; everything that shows changes before the first request. */
  async #start(position = 0): Promise<void> {
    this.#endListen();
    const { current, next } = this;
    const turn = (this.#turn += 1);
    if (!current) return;
    this.#begin(current, position);
    try {
      const granted = await this.#tickets.take(current, next);
      if (turn !== this.#turn) return;
      if (isRefusal(granted)) return this.#fail(`${reasonFor(granted.restriction)}.`);
      await this.#show(granted, position, turn);
      if (turn === this.#turn && this.next) void this.#prepare(this.next);
    } catch (error) {
      if (turn === this.#turn) this.#fail(this.#wordsFor(error));
    }
  }

  #begin(item: Item, position: number): void {
    this.elapsed = position;
    this.duration = item.track.duration_ms / 1000;
    this.status = "loading";
    this.notice = null;
    this.#wanted = true;
    this.#failures = 0;
    if (item.track.kind === "video") this.stage = "open";
    this.#attach();
  }

  #attach(): void {
    const media = this.#media;
    if (!media) return;
    this.#engine.attach(media, this.kind);
    if (this.#wanted) this.#press();
  }

  async #show(granted: Ticket, position: number, turn: number): Promise<void> {
    this.#gainDb = granted.gainDb;
    this.applyVolume();
    this.#listen = new Listen(granted, this.#courier);
    const isShown = await this.#engine.load(granted.link, this.kind, position);
    if (turn !== this.#turn) return;
    if (!isShown) this.#fail(NO_HLS);
    else if (this.#wanted) this.#press();
  }

  async #prepare(next: Item): Promise<void> {
    await this.#tickets.fetchAhead(next);
    await loadPlayer(next.track.kind).catch(() => undefined);
  }

  /** Asks the element to play. A browser may want a tap first; then the button says what is so. */
  #press(): void {
    this.#media?.play().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === "NotAllowedError") this.pause();
    });
  }

  /** Any media error means: ask for a new link. The place and the count of what was heard stay. */
  async #linkFailed(): Promise<void> {
    this.#rest();
    if (this.#listen && performance.now() - this.#goodSince > PROVED_MS && this.#goodSince)
      this.#failures = 0;
    this.#goodSince = 0;
    const wait = LINK_AGAIN_AFTER_MS[this.#failures];
    if (wait === undefined) return this.#fail(LOST);
    this.#failures += 1;
    if (this.#wanted) this.status = "loading";
    const turn = this.#turn;
    await new Promise((resolve) => setTimeout(resolve, wait));
    if (turn === this.#turn) await this.#renew();
  }

  async #renew(): Promise<void> {
    const { current } = this;
    const turn = this.#turn;
    if (!current || this.#renewing === turn) return;
    this.#renewing = turn;
    try {
      const granted = await this.#tickets.renew(current);
      if (turn !== this.#turn) return;
      if (isRefusal(granted)) return this.#fail(`${reasonFor(granted.restriction)}.`);
      this.#attach();
      await this.#engine.load(granted.link, this.kind, this.elapsed);
      if (turn === this.#turn && this.#wanted) this.#press();
    } catch (error) {
      if (turn !== this.#turn) return;
      this.#renewing = -1;
      if (asProblem(error).isPassing && !(error instanceof SignInDismissed)) return void this.#linkFailed();
      this.#fail(this.#wordsFor(error));
    } finally {
      if (this.#renewing === turn) this.#renewing = -1;
    }
  }

  #fail(words: string): void {
    this.#rest();
    this.#engine.release();
    this.#failures = 0;
    this.status = "failed";
    this.notice = words;
  }

  #wordsFor(error: unknown): string {
    return error instanceof SignInDismissed ? "Sign in to play this." : asProblem(error).message;
  }

  // --- What the media says ------------------------------------------------------------------------------------------

  #moved(media: HTMLMediaElement): void {
    // The timeline of a link that is being replaced says nothing about where the listener is.
    if (media.seeking || media.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
    this.elapsed = media.currentTime;
    this.#heard();
  }

  /** The catalogue's length stays unless the media is another one, as a preview is: lists and bar say the same. */
  #measured(seconds: number): void {
    if (Number.isFinite(seconds) && Math.abs(seconds - this.duration) > 1) this.duration = seconds;
  }

  #playing(media: HTMLMediaElement): void {
    if (!this.#wanted) return;
    this.status = "playing";
    this.notice = null;
    this.#goodSince ||= performance.now();
    this.#rest();
    this.#listen?.tick(media.currentTime);
  }

  #stalled(): void {
    this.#heard();
    this.#rest();
    if (this.#wanted && this.status !== "failed") this.status = "loading";
  }

  /** Paused from outside: headphones, a media key, another app's sound. */
  #paused(media: HTMLMediaElement): void {
    if (!media.ended && this.status === "playing") this.pause();
  }

  #ended(): void {
    this.#endListen();
    if (this.next) return this.jump(this.next);
    this.#wanted = false;
    this.elapsed = this.duration;
    this.status = "paused";
  }

  /** Counts up to now. */
  #heard(): void {
    if (this.status === "playing" && this.#media) this.#listen?.tick(this.#media.currentTime);
  }

  #rest(): void {
    this.#listen?.rest();
  }

  #endListen(): void {
    this.#heard();
    this.#listen?.end();
    this.#listen = null;
  }

  /** The page may come back from the browser's cache; going on then is a new listen. */
  #leave(): void {
    this.#heard();
    this.#listen?.end({ leaving: true });
    this.#listen = null;
    this.#media?.pause();
    if (this.isBusy) this.status = "paused";
  }
}

export const player = new Player();
