import type { Offering, PlayContext, Price, Subscription, Track } from "../src/api/types";

export const ALBUM: PlayContext = { kind: "album", uid: "00000000-0000-7000-8000-00000000a1b0" };

export function track(title: string, { playable = true } = {}): Track {
  return {
    uid: title,
    title,
    version_title: "",
    kind: "audio",
    isrc: null,
    duration_ms: 60_000,
    explicit: false,
    disc: 1,
    number: 1,
    artists: [{ uid: "artist", name: "Artist", role: "main" }],
    artist_line: "Artist",
    release: { uid: "release", title: "Release", artwork: null },
    is_playable: playable,
    available_until: null,
    restriction: playable ? null : { reason: "GEO_RESTRICTED", available_from: null, unlock: null },
  };
}

export function offering(period: Offering["period"], price: Price | null, trial_days = 0): Offering {
  return {
    uid: period,
    provider: "stripe",
    external_id: period,
    name: "Premium",
    tier: "paid",
    period,
    price,
    trial_days,
  };
}

export function subscription(given: Partial<Subscription>): Subscription {
  return {
    state: "none",
    provider: null,
    product: null,
    renews_at: null,
    ends_at: null,
    payment_problem: false,
    manage: null,
    also_paid_through: [],
    ...given,
  };
}
