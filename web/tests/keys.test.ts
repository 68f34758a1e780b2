import { expect, test } from "vitest";
import { commandFor, KEYS } from "../src/lib/keys";

test.each([
  [" ", "toggle"],
  ["ArrowLeft", "back-5"],
  ["ArrowRight", "on-5"],
  ["/", "search"],
  ["?", "keys"],
  ["Q", "queue"],
  ["Escape", "close"],
])("%s is %s", (key, command) => {
  expect(commandFor({ key, held: false, on: "page" })).toBe(command);
});

test("who writes has all keys", () => {
  for (const key of [" ", "/", "?", "q", "ArrowLeft"]) {
    expect(commandFor({ key, held: false, on: "text" })).toBeNull();
  }
});

test("a button keeps its own space bar, a slider its own arrows", () => {
  expect(commandFor({ key: " ", held: false, on: "button" })).toBeNull();
  expect(commandFor({ key: "ArrowLeft", held: false, on: "slider" })).toBeNull();
  expect(commandFor({ key: " ", held: false, on: "slider" })).toBe("toggle");
  expect(commandFor({ key: "ArrowLeft", held: false, on: "button" })).toBe("back-5");
});

test("the browser's own shortcuts stay the browser's", () => {
  expect(commandFor({ key: "p", held: true, on: "page" })).toBeNull();
});

test("the list shows each key once, and each does something of its own", () => {
  const pressed: Record<string, string> = { Space: " ", "←": "ArrowLeft", "→": "ArrowRight", Esc: "Escape" };
  const shown = KEYS.flatMap(([keys]) => keys);

  const commands = shown.map((key) => commandFor({ key: pressed[key] ?? key, held: false, on: "page" }));

  expect(commands).not.toContain(null);
  expect(new Set(commands).size).toBe(shown.length);
});
