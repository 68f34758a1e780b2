/** Short names for the shapes of the committed schema. */
import type { components } from "./schema";

type Schemas = components["schemas"];

/** Who is signed in. The flows' answers know no entitlements; they are read after a sign-in. */
export type Account = Pick<Schemas["Me"], "uid" | "email" | "display_name" | "market"> &
  Partial<Pick<Schemas["Me"], "entitlements">>;
export type Ad = Schemas["Ad"];
export type Artist = Schemas["Artist"];
export type ArtistRef = Schemas["ArtistRef"];
export type Artwork = Schemas["Artwork"];
/** Whole tracks, and time, between two breaks. */
export type BreakCount = Schemas["NextBreak"];
export type Chart = Schemas["Chart"];
export type ChartDetail = Schemas["ChartDetail"];
export type ChartRow = Schemas["ChartRow"];
export type Dashboard = Schemas["ArtistDashboard"];
export type DayStreams = Schemas["DayStreams"];
export type Entry = Schemas["Entry"];
export type Entitlements = Schemas["Entitlements"];
export type Export = Schemas["Export"];
export type Invitation = Schemas["Invitation"];
export type Me = Schemas["Me"];
export type MyArtist = Schemas["MyArtist"];
export type MyTop = Schemas["MyTop"];
export type Offering = Schemas["Offering"];
export type Period = Offering["period"];
export type PlayContext = Schemas["ContextRequest"];
export type Playlist = Schemas["Playlist"];
export type PlayResult = Schemas["PlayResult"];
export type Price = Schemas["Price"];
/** `manage_url` comes with ALREADY_SUBSCRIBED and MANAGED_ELSEWHERE. */
export type ProblemBody = Schemas["Problem"] & { manage_url?: string | null };
export type Provider = Schemas["Provider"];
export type Release = Schemas["Release"];
export type ReleaseDetail = Schemas["ReleaseDetail"];
export type Restriction = Schemas["Restriction"];
export type SearchResults = Schemas["Search"];
export type SentPlay = Schemas["PlayRequest"];
export type Session = Schemas["Session"];
export type Subscription = Schemas["Subscription"];
export type SubscriptionState = Subscription["state"];
export type TicketAnswer = Schemas["TicketAnswer"];
export type Track = Schemas["Track"];

export interface Page<Row> {
  results: Row[];
  next: string | null;
}
