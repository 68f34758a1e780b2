/** Light, dark, or as the system has it; the choice is kept. */
import { keep, store } from "./storage";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "backbeat.theme";

class ThemeChoice {
  current = $state<Theme>("system");

  start(): void {
    const kept = store.getItem(KEY) as Theme | null;
    this.#apply(kept && THEMES.includes(kept) ? kept : "system");
  }

  choose(theme: Theme): void {
    this.#apply(theme);
    if (theme === "system") store.removeItem(KEY);
    else keep(KEY, theme);
  }

  #apply(theme: Theme): void {
    this.current = theme;
    if (theme === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = theme;
  }
}

export const theme = new ThemeChoice();
