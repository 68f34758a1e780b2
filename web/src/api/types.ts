/** Short names for the shapes of the committed schema. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Account = Pick<Schemas["Me"], "uid" | "email" | "display_name" | "market">;
export type Artist = Schemas["Artist"];
export type ArtistRef = Schemas["ArtistRef"];
export type Artwork = Schemas["Artwork"];
export type Dashboard = Schemas["ArtistDashboard"];
export type DayStreams = Schemas["DayStreams"];
export type Export = Schemas["Export"];
export type Me = Schemas["Me"];
export type MyArtist = Schemas["MyArtist"];
export type PlayContext = Schemas["ContextRequest"];
export type PlayResult = Schemas["PlayResult"];
export type ProblemBody = Schemas["Problem"];
export type Release = Schemas["Release"];
export type ReleaseDetail = Schemas["ReleaseDetail"];
export type Restriction = Schemas["Restriction"];
export type SearchResults = Schemas["Search"];
export type SentPlay = Schemas["PlayRequest"];
export type Session = Schemas["Session"];
export type TicketAnswer = Schemas["TicketAnswer"];
export type Track = Schemas["Track"];

export interface Page<Row> {
  results: Row[];
  next: string | null;
}
