/** localStorage, or where a browser refuses it something that forgets with the page. */
export type Store = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

export class MemoryStore implements Store {
  #items = new Map<string, string>();

  get length(): number {
    return this.#items.size;
  }

  key(place: number): string | null {
    return [...this.#items.keys()][place] ?? null;
  }

  getItem(key: string): string | null {
    return this.#items.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    this.#items.set(key, value);
  }

  removeItem(key: string): void {
    this.#items.delete(key);
  }
}

function find(): Store {
  try {
    return globalThis.localStorage ?? new MemoryStore();
  } catch {
    return new MemoryStore();
  }
}

export const store: Store = find();

/** For choices that it is no harm to lose. */
export function keep(key: string, value: string, where: Store = store): void {
  try {
    where.setItem(key, value);
  } catch {
    // Full: the choice lasts as long as the page.
  }
}
