/** The one player of the page: queue, tickets, breaks, media and the count of what was heard. */
import { SignInDismissed } from "../api/client";
import { asProblem } from "../api/problems";
import type { Ad, PlayContext, Track } from "../api/types";
import { auth } from "../auth/auth.svelte";
import { AdListen } from "./ad-listen";
import { Breaks } from "./breaks.svelte";
import { Deck } from "./deck";
import { loadPlayer, type Kind } from "./engine";
import { Listen, type Hearing } from "./listen";
import * as queues from "./queue";
import type { Item, Queue } from "./queue";
import { Reports } from "./reports";
import { Retries } from "./retries";
import { isRefusal, Tickets, type Ticket } from "./tickets";
import { failureWords, LOST, NO_HLS, refusalWords } from "./words";

export type Status = "idle" | "loading" | "playing" | "paused" | "failed";

const BACK_TO_START_S = 3;

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

  #breaks = new Breaks(() => this.#afterAd());
  current: Item | null = $derived(queues.currentOf(this.queue));
  next: Item | null = $derived(queues.nextOf(this.queue));
  kind: Kind = $derived(this.#breaks.ad?.kind ?? queues.kindOf(this.current));
  isBusy = $derived(this.status === "loading" || this.status === "playing");

  #deck = new Deck(() => void this.#linkFailed());
  #tickets = new Tickets(() => auth.user?.uid);
  #reports = new Reports();
  #listen: Hearing | null = null;
  #wanted = false;
  #retries = new Retries();
  #renewing = -1;
  /** Tells late answers for what no longer plays from those for what does. */
  #turn = 0;

  /** Plays before the current item, to who does not pay. */
  get ad(): Ad | null {
    return this.#breaks.ad;
  }

  // --- What the listener does ---------------------------------------------------------------------------------------

  play(tracks: readonly Track[], place: number, context: PlayContext): void {
    this.queue = queues.queueOf(tracks, place, context);
    this.#startChosen();
  }

  toggle(): void {
    if (!this.current) return;
    if (this.isBusy) this.pause();
    else this.resume();
  }

  pause(): void {
    this.#wanted = false;
    this.#breaks.calm();
    this.#heard();
    this.#rest();
    this.#deck.media?.pause();
    this.#listen?.write();
    if (this.status !== "failed") this.status = "paused";
  }

  resume(): void {
    if (!this.current) return;
    if (!this.#listen && !this.#breaks.isAsking) return void this.#start(this.#hasEnded ? 0 : this.elapsed);
    this.#wanted = true;
    this.notice = null;
    this.status = "loading";
    this.#breaks.expect();
    if (this.#deck.isLoaded || this.#breaks.isOn) this.#press();
    else void this.#renew();
  }

  jump(item: Item): void {
    this.queue = queues.goTo(this.queue, item);
    this.#startChosen();
  }

  skip(): void {
    if (!this.next || this.ad) return;
    if (this.#breaks.isAsking) this.jump(this.next);
    else void this.#goOn(this.next);
  }

  back(): void {
    if (this.#breaks.isOn) return;
    const previous = queues.previousOf(this.queue);
    if (previous && this.elapsed < BACK_TO_START_S) this.jump(previous);
    else this.seek(0);
  }

  /** Seconds from the beginning. */
  seek(seconds: number): void {
    const { media, isLoaded } = this.#deck;
    if (!this.current || !media || this.#breaks.isOn) return;
    const end = this.duration > 0 ? Math.max(0, this.duration - 0.1) : seconds;
    this.#heard();
    this.#rest();
    this.elapsed = Math.min(Math.max(0, seconds), end);
    if (isLoaded) media.currentTime = this.elapsed;
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
    return this.#deck.use(kind, element, {
      timeupdate: (media) => this.#moved(media),
      playing: (media) => this.#playing(media),
      waiting: () => this.#stalled(),
      seeking: () => this.#rest(),
      pause: (media) => this.#paused(media),
      ended: () => this.#ended(),
      durationchange: ({ duration }) => this.#measured(duration),
    });
  }

  followPage(): void {
    auth.onSignIn(() => void this.#reports.flush());
    addEventListener("online", () => {
      void this.#reports.flush();
      if (this.status === "failed" && this.#wanted) this.resume();
    });
    addEventListener("pagehide", () => this.#leave());
    document.addEventListener("visibilitychange", () => document.hidden && this.#listen?.write());
  }

  applyVolume(): void {
    this.#deck.applyVolume();
  }

  /** Before the listener signs out; resolves when what was heard has been sent, or kept. */
  async stop(): Promise<void> {
    this.#turn += 1;
    this.#endListen();
    this.#breaks.end();
    this.#deck.release();
    this.#wanted = false;
    this.queue = queues.NOTHING;
    this.status = "idle";
    this.notice = null;
    await this.#reports.flush();
  }

  // --- Playing ------------------------------------------------------------------------------------------------------

  get #hasEnded(): boolean {
    return this.duration > 0 && this.elapsed >= this.duration - 0.5;
  }

  /** A new listen of the current item; everything that shows changes before the first request. */
  async #start(position = 0): Promise<void> {
    this.#endListen();
    this.#breaks.end();
    const { current, next } = this;
    const turn = (this.#turn += 1);
    if (!current) return;
    this.#begin(current, position);
    try {
      const granted = await this.#tickets.take(current, next);
      if (turn !== this.#turn) return;
      if (isRefusal(granted)) return this.#fail(refusalWords(granted));
      await this.#show(granted, position, turn);
      if (turn === this.#turn && this.next) void this.#prepare(this.next);
    } catch (error) {
      if (turn === this.#turn) this.#fail(failureWords(error));
    }
  }

  #begin(item: Item, position: number): void {
    this.elapsed = position;
    this.duration = item.track.duration_ms / 1000;
    this.status = "loading";
    this.notice = null;
    this.#wanted = true;
    this.#retries.begin();
    if (item.track.kind === "video") this.stage = "open";
    this.#attach();
  }

  #attach(): void {
    this.#deck.attach(this.kind);
    if (this.#wanted) this.#press();
  }

  async #show(granted: Ticket, position: number, turn: number): Promise<void> {
    this.#deck.applyVolume(granted.gainDb);
    this.#listen = new Listen(granted, this.#reports.plays);
    const isShown = await this.#deck.load(granted.link, position);
    if (turn !== this.#turn) return;
    if (!isShown) this.#fail(NO_HLS);
    else if (this.#wanted) this.#press();
  }

  async #prepare(next: Item): Promise<void> {
    await this.#tickets.fetchAhead(next);
    await loadPlayer(next.track.kind).catch(() => undefined);
  }

  /** Where the browser wants a tap first, the button says what is so. */
  #press(): void {
    this.#deck.press(() => this.pause());
  }

  /** Any media error means: ask for a new link. The place and the count of what was heard stay. */
  async #linkFailed(): Promise<void> {
    this.#rest();
    if (this.ad) return this.#afterAd();
    const wait = this.#retries.next();
    if (wait === undefined) return this.#fail(LOST);
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
      if (isRefusal(granted)) return this.#fail(refusalWords(granted));
      this.#attach();
      await this.#deck.load(granted.link, this.elapsed);
      if (turn === this.#turn && this.#wanted) this.#press();
    } catch (error) {
      if (turn !== this.#turn) return;
      this.#renewing = -1;
      if (asProblem(error).isPassing && !(error instanceof SignInDismissed)) return void this.#linkFailed();
      this.#fail(failureWords(error));
    } finally {
      if (this.#renewing === turn) this.#renewing = -1;
    }
  }

  #fail(words: string): void {
    this.#rest();
    this.#deck.release();
    this.#retries.begin();
    this.status = "failed";
    this.notice = words;
  }

  // --- Breaks -------------------------------------------------------------------------------------------------------

  /** What was chosen comes after the break, where there is one just now. */
  #startChosen(): void {
    if (!this.#breaks.isOn) void this.#start();
    else if (!this.#wanted) this.resume();
  }

  /** From one track to the next, with a break between them where one is due. */
  async #goOn(next: Item): Promise<void> {
    this.#endListen();
    this.queue = queues.goTo(this.queue, next);
    if (!this.#breaks.isDue) return this.#start();
    const turn = (this.#turn += 1);
    this.#begin(next, 0);
    const ad = await this.#breaks.ask(next.track.uid);
    if (turn !== this.#turn) return;
    this.#breaks.isAsking = false;
    if (ad) await this.#playAd(ad, turn);
    else this.#afterAd();
  }

  /** The next track's ticket is there already, and waits. */
  async #playAd(ad: Ad, turn: number): Promise<void> {
    this.#breaks.ad = ad;
    this.duration = ad.duration_ms / 1000;
    if (ad.kind === "video") this.stage = "open";
    this.#deck.applyVolume(ad.gain_db);
    this.#listen = new AdListen(ad, auth.user?.uid ?? "", this.#reports.ads);
    this.#attach();
    if (this.#wanted) this.#breaks.expect();
    // Who skips at once has come before the next ticket.
    if (this.current) void this.#prepare(this.current);
    const isShown = await this.#deck.load(ad.link, 0).catch(() => false);
    if (turn !== this.#turn) return;
    if (!isShown) this.#afterAd();
    else if (this.#wanted) this.#press();
  }

  /** The music goes on at once, whatever became of the ad; after a pause it waits for the listener. */
  #afterAd(): void {
    if (this.#wanted) return void this.#start();
    this.#turn += 1;
    this.#endListen();
    this.#breaks.end();
    this.#deck.release();
    this.elapsed = 0;
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
    this.#breaks.calm();
    this.status = "playing";
    this.notice = null;
    this.#retries.good();
    this.#rest();
    this.#listen?.tick(media.currentTime);
  }

  #stalled(): void {
    this.#heard();
    this.#rest();
    if (this.#wanted && this.status !== "failed") this.status = "loading";
    if (this.#wanted) this.#breaks.expect();
  }

  /** Paused from outside: headphones, a media key, another app's sound. */
  #paused(media: HTMLMediaElement): void {
    if (!media.ended && this.status === "playing") this.pause();
  }

  #ended(): void {
    if (this.ad) return this.#afterAd();
    this.#endListen();
    this.#breaks.clock.trackEnded();
    if (this.next) return void this.#goOn(this.next);
    this.#wanted = false;
    this.elapsed = this.duration;
    this.status = "paused";
  }

  /** Counts up to now. */
  #heard(): void {
    if (this.status === "playing" && this.#deck.media) this.#listen?.tick(this.#deck.media.currentTime);
  }

  #rest(): void {
    this.#listen?.rest();
  }

  #endListen({ leaving = false } = {}): void {
    this.#heard();
    if (this.#listen && !this.ad) this.#breaks.clock.heard(this.#listen.listenedMs);
    this.#listen?.end({ leaving });
    this.#listen = null;
  }

  /** The page may come back from the browser's cache; going on then is a new listen. */
  #leave(): void {
    this.#endListen({ leaving: true });
    this.#deck.media?.pause();
    if (this.isBusy) this.status = "paused";
  }
}

export const player = new Player();
