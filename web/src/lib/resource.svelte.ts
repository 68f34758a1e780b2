/** Something read from the API for a page: what was read before is shown at once, and read again. */
import { untrack } from "svelte";
import { asProblem, isAbort, type Problem } from "../api/problems";
import { SignInDismissed } from "../api/client";

const KEPT = 50;
const kept = new Map<string, unknown>();

export class Resource<Data> {
  data = $state.raw<Data | null>(null);
  problem = $state.raw<Problem | null>(null);
  loading = $state(false);
  /** The reader closed the sign-in dialog, so nothing was asked. */
  dismissed = $state(false);

  #key = "";
  #abort: AbortController | null = null;
  #read: ((signal: AbortSignal) => Promise<Data>) | null = null;

  /** Shows `key`. What was shown before may stay until the answer is there. */
  show(key: string, read: (signal: AbortSignal) => Promise<Data>, { keepOld = false } = {}): void {
    // What reading touches on its way, the sign-in dialog for one, must not make the caller's effect run again.
    untrack(() => this.#show(key, read, keepOld));
  }

  #show(key: string, read: (signal: AbortSignal) => Promise<Data>, keepOld: boolean): void {
    const known = (kept.get(key) as Data | undefined) ?? null;
    if (known || !keepOld) this.data = known;
    this.#key = key;
    this.#read = read;
    void this.#load();
  }

  again(): void {
    void this.#load();
  }

  /** Changes what is shown, as when a further page of a list is there. */
  put(data: Data): void {
    this.data = data;
    this.#keep(data);
  }

  stop(): void {
    this.#abort?.abort();
  }

  async #load(): Promise<void> {
    this.#abort?.abort();
    const abort = (this.#abort = new AbortController());
    this.loading = true;
    this.problem = null;
    this.dismissed = false;
    try {
      const data = await this.#read?.(abort.signal);
      if (!abort.signal.aborted && data !== undefined) this.put(data);
    } catch (error) {
      if (abort.signal.aborted || isAbort(error)) return;
      if (error instanceof SignInDismissed) this.dismissed = true;
      else this.problem = asProblem(error);
    } finally {
      if (this.#abort === abort) this.loading = false;
    }
  }

  #keep(data: Data): void {
    kept.delete(this.#key);
    kept.set(this.#key, data);
    const oldest = kept.keys().next().value;
    if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
  }
}
