import { expect, test } from "vitest";
import type { TicketAnswer } from "../src/api/types";
import { grantedFrom, isRefusal } from "../src/player/tickets";

const ANSWER: TicketAnswer = {
  track: "track",
  is_playable: true,
  play_id: "play",
  ticket: "opaque",
  link: "https://media.example/main.m3u8",
  gain_db: -3.5,
};

test("a playable answer is a ticket of the user who asked", () => {
  expect(grantedFrom(ANSWER, "bob")).toEqual({
    playId: "play",
    ticket: "opaque",
    link: "https://media.example/main.m3u8",
    gainDb: -3.5,
    userUid: "bob",
  });
});

test("what may not be played says why", () => {
  const restriction = { reason: "GEO_RESTRICTED", available_from: null, unlock: null };

  const granted = grantedFrom({ track: "track", is_playable: false, restriction }, "bob");

  expect(isRefusal(granted)).toBe(true);
  expect(granted).toEqual({ restriction });
});

test("a ticket without a link is no ticket", () => {
  const { link: _, ...answer } = ANSWER;

  expect(isRefusal(grantedFrom(answer, "bob"))).toBe(true);
});
