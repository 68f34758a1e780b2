/** What a chart's rows say beside their rank. */
import type { ChartRow } from "../api/types";
import { plural } from "./format";

export interface Movement {
  sign: "up" | "down" | "same" | "new";
  /** Short, for the eye. */
  text: string;
  /** For the ear. */
  spoken: string;
}

export function movementOf({ rank, previous, is_new: isNew }: ChartRow): Movement {
  if (previous === null) return isNew ? said("new", "New", "New") : said("new", "Back", "Back on the chart");
  const steps = previous - rank;
  if (steps === 0) return said("same", "–", "Unchanged");
  const sign = steps > 0 ? "up" : "down";
  return said(
    sign,
    String(Math.abs(steps)),
    `${sign === "up" ? "Up" : "Down"} ${plural(Math.abs(steps), "place")}`,
  );
}

function said(sign: Movement["sign"], text: string, spoken: string): Movement {
  return { sign, text, spoken };
}

/** The last day of the period before this one, or after it. */
export function periodBeside(to: string, days: number, direction: -1 | 1): string {
  const at = new Date(`${to}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + direction * days);
  return at.toISOString().slice(0, 10);
}

const NAMES = new Intl.DisplayNames(["en"], { type: "region" });

export function countryName(code: string): string {
  return NAMES.of(code) ?? code;
}
