/** The page's addresses. Django serves the page for exactly these. */
const UID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";

export type Route =
  | { name: "home" | "library" | "sign-in" | "sign-up" | "account" | "invitation" | "missing" }
  | { name: "search"; query: string }
  /** Null: the first chart, worldwide, the newest. */
  | { name: "charts"; chart: string | null; country: string | null; period: string | null }
  /** `checkout`: what became of it, when Stripe sends somebody back. */
  | { name: "pricing" | "subscription"; checkout: string | null }
  | { name: "release" | "artist" | "dashboard" | "playlist"; uid: string };

const WITH_UID = [
  ["release", new RegExp(`^/releases/(${UID})$`)],
  ["artist", new RegExp(`^/artists/(${UID})$`)],
  ["playlist", new RegExp(`^/playlists/(${UID})$`)],
  ["dashboard", new RegExp(`^/artists/(${UID})/dashboard$`)],
] as const;

export function routeOf(pathname: string, search = ""): Route {
  if (pathname === "/") return { name: "home" };
  if (pathname === "/search") return { name: "search", query: new URLSearchParams(search).get("q") ?? "" };
  if (pathname === "/charts") {
    const asked = new URLSearchParams(search);
    const [chart, country, period] = [asked.get("chart"), asked.get("country"), asked.get("period")];
    return { name: "charts", chart, country, period };
  }
  if (pathname === "/library") return { name: "library" };
  if (pathname === "/invitations") return { name: "invitation" };
  if (pathname === "/account") return { name: "account" };
  if (pathname === "/pricing" || pathname === "/subscription") {
    const checkout = new URLSearchParams(search).get("checkout");
    return { name: pathname === "/pricing" ? "pricing" : "subscription", checkout };
  }
  if (pathname === "/sign-in" || pathname === "/sign-up")
    return { name: pathname === "/sign-in" ? "sign-in" : "sign-up" };
  for (const [name, pattern] of WITH_UID) {
    const uid = pattern.exec(pathname)?.[1];
    if (uid) return { name, uid };
  }
  return { name: "missing" };
}

export const to = {
  home: "/",
  library: "/library",
  signIn: "/sign-in",
  signUp: "/sign-up",
  account: "/account",
  invitation: "/invitations",
  pricing: "/pricing",
  subscription: "/subscription",
  search: (query = ""): string => (query ? `/search?${new URLSearchParams({ q: query })}` : "/search"),
  charts: (asked: { chart?: string; country?: string; period?: string } = {}): string => {
    const words = new URLSearchParams(Object.entries(asked).filter(([, value]) => value)).toString();
    return words ? `/charts?${words}` : "/charts";
  },
  release: (uid: string): string => `/releases/${uid}`,
  artist: (uid: string): string => `/artists/${uid}`,
  playlist: (uid: string): string => `/playlists/${uid}`,
  dashboard: (uid: string): string => `/artists/${uid}/dashboard`,
};

/** The same page, maybe with other words: no reason to scroll to its top. */
export function isSamePage(one: Route, other: Route): boolean {
  return one.name === other.name && ("uid" in one ? one.uid : "") === ("uid" in other ? other.uid : "");
}
