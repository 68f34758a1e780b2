/** The page's keys, and when a key is the page's at all. */

export const KEYS: readonly (readonly [keys: readonly string[], what: string])[] = [
  [["Space"], "Play or pause"],
  [["←", "→"], "Five seconds back or on"],
  [["P", "N"], "Previous or next"],
  [["M"], "Mute"],
  [["Q"], "Show or hide the queue"],
  [["/"], "Search"],
  [["?"], "This list"],
  [["Esc"], "Close what is open"],
];

export type Command =
  "toggle" | "back-5" | "on-5" | "previous" | "next" | "mute" | "queue" | "search" | "keys" | "close";

const COMMANDS: Record<string, Command> = {
  " ": "toggle",
  ArrowLeft: "back-5",
  ArrowRight: "on-5",
  p: "previous",
  n: "next",
  m: "mute",
  q: "queue",
  "/": "search",
  "?": "keys",
  Escape: "close",
};

export interface Press {
  key: string;
  /** Ctrl, Alt or the system's key is held: the key is the browser's. */
  held: boolean;
  /** Where the focus is. */
  on: "text" | "slider" | "button" | "page";
}

/** What a press means to the page; null where it belongs to the browser or to what has the focus. */
export function commandFor({ key, held, on }: Press): Command | null {
  if (held || on === "text") return null;
  const command = COMMANDS[key.length === 1 ? key.toLowerCase() : key] ?? null;
  if (on === "slider" && (command === "back-5" || command === "on-5")) return null;
  if (on === "button" && command === "toggle") return null;
  return command;
}

export function focusKind(element: Element | null): Press["on"] {
  if (!element) return "page";
  if (element.matches("input[type=range], input[type=radio]")) return "slider";
  if (element.matches("input, textarea, select, [contenteditable]")) return "text";
  if (element.matches("button, a, summary")) return "button";
  return "page";
}
