import { expect, test } from "vitest";
import { addressOf } from "../src/api/client";
import { isSamePage, routeOf, to } from "../src/lib/routes";

const UID = "01a210fc-df4e-7e24-965e-08704f49afff";

test.each([
  ["/", { name: "home" }],
  ["/library", { name: "library" }],
  [`/playlists/${UID}`, { name: "playlist", uid: UID }],
  ["/search", { name: "search", query: "" }],
  ["/invitations", { name: "invitation" }],
  ["/pricing", { name: "pricing", checkout: null }],
  ["/subscription", { name: "subscription", checkout: null }],
  ["/sign-in", { name: "sign-in" }],
  ["/sign-up", { name: "sign-up" }],
  [`/releases/${UID}`, { name: "release", uid: UID }],
  [`/artists/${UID}`, { name: "artist", uid: UID }],
  [`/artists/${UID}/dashboard`, { name: "dashboard", uid: UID }],
])("%s is a page", (pathname, route) => {
  expect(routeOf(pathname)).toEqual(route);
});

test.each([
  "/releases/1",
  "/artists",
  "/admin/",
  "/api/docs/",
  `/releases/${UID}/x`,
  `/releases/${UID.toUpperCase()}`,
])("%s is none of ours", (pathname) => {
  expect(routeOf(pathname)).toEqual({ name: "missing" });
});

test("what is searched for is in the address", () => {
  const address = to.search("a & b/é?");

  const { pathname, search } = new URL(address, "https://example.com");

  expect(routeOf(pathname, search)).toEqual({ name: "search", query: "a & b/é?" });
  expect(to.search("")).toBe("/search");
});

test("what became of a checkout is in the address it comes back to", () => {
  expect(routeOf("/subscription", "?checkout=done")).toEqual({ name: "subscription", checkout: "done" });
  expect(routeOf("/pricing", "?checkout=cancelled")).toEqual({ name: "pricing", checkout: "cancelled" });
});

test("links lead to the pages they name", () => {
  expect(routeOf(to.release(UID))).toEqual({ name: "release", uid: UID });
  expect(routeOf(to.artist(UID))).toEqual({ name: "artist", uid: UID });
  expect(routeOf(to.library)).toEqual({ name: "library" });
  expect(routeOf(to.playlist(UID))).toEqual({ name: "playlist", uid: UID });
  expect(routeOf(to.dashboard(UID))).toEqual({ name: "dashboard", uid: UID });
});

test("other words in the search are the same page, another release is not", () => {
  expect(isSamePage(routeOf("/search", "?q=a"), routeOf("/search", "?q=b"))).toBe(true);
  expect(isSamePage(routeOf(to.release(UID)), routeOf(to.release(UID.replace("01", "02"))))).toBe(false);
});

test("addresses of the API are filled in and escaped", () => {
  expect(addressOf("/api/v1/releases/{uid}", { uid: "a/b" })).toBe("/api/v1/releases/a%2Fb");
  expect(addressOf("/api/v1/search", {}, { q: "a b", limit: undefined })).toBe("/api/v1/search?q=a+b");
});
