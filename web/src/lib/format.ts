/** Times, dates and counts as people read them. The page is in English; dates are "25 Nov 2026". */
const THIN_SPACE = "\u2009";
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** 83 000 ms → "1:23"; an hour and more → "1:02:03". */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number): string => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** For the ear: "1 minute 23 seconds". */
export function spokenClock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  const rest = plural(seconds % 60, "second");
  return minutes ? `${plural(minutes, "minute")} ${rest}` : rest;
}

/** 3 720 000 ms → "1 h 2 min"; 150 000 ms → "3 min". */
export function length(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / 60_000));
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, THIN_SPACE);
}

export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** A calendar day "2026-11-25" → "25 Nov 2026", whatever the zone. */
export function day(iso: string): string {
  const [year, month, date] = iso.slice(0, 10).split("-").map(Number);
  return `${date} ${MONTHS[(month ?? 1) - 1]} ${year}`;
}

/** "25 Nov", for an axis. */
export function shortDay(iso: string): string {
  return day(iso).replace(/ \d+$/, "");
}

/** An instant on the reader's calendar: "25 Nov 2026". */
export function date(instant: string): string {
  const at = new Date(instant);
  return `${at.getDate()} ${MONTHS[at.getMonth()]} ${at.getFullYear()}`;
}

/** An instant with its zone: "25 Nov 2026, 14:05 UTC". */
export function utc(instant: string): string {
  const iso = new Date(instant).toISOString();
  return `${day(iso)}, ${iso.slice(11, 16)} UTC`;
}

/** RFC 3339 with the zone's own offset: "2026-11-25T14:05:00.000+01:00". */
export function localTimestamp(at: Date, offsetMinutes = -at.getTimezoneOffset()): string {
  const shifted = new Date(at.getTime() + offsetMinutes * 60_000).toISOString().slice(0, -1);
  const [hours, minutes] = [Math.floor(Math.abs(offsetMinutes) / 60), Math.abs(offsetMinutes) % 60];
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${shifted}${offsetMinutes < 0 ? "-" : "+"}${two(hours)}:${two(minutes)}`;
}

export interface Change {
  direction: "up" | "down" | "same";
  text: string;
}

/** How much more or less than before; a whole percentage, or the difference where before there was nothing. */
export function change(now: number, before: number): Change {
  if (now === before) return { direction: "same", text: "no change" };
  const direction = now > before ? "up" : "down";
  const sign = now > before ? "+" : "−";
  if (before === 0) return { direction, text: `${sign}${count(now)}` };
  return {
    direction,
    text: `${sign}${count(Math.round((Math.abs(now - before) / before) * 100))}${THIN_SPACE}%`,
  };
}

const KINDS = { album: "Album", single: "Single", ep: "EP", compilation: "Compilation" } as const;

export function releaseKind(kind: keyof typeof KINDS | undefined): string {
  return kind ? KINDS[kind] : "Release";
}
