/** Prices as people read them. Amounts come in the smallest unit of their currency. */
import type { Offering, Period, Price } from "../api/types";

export type Plans = Partial<Record<Period, Offering>>;

const MONTHS = 12;

/** "$9.99"; a currency without a smaller unit has none: "¥980". */
export function money({ amount, currency }: Price): string {
  const format = new Intl.NumberFormat("en", { style: "currency", currency });
  return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

/** What a year costs by the month: rounded up, so that nobody pays more than was said. */
export function byTheMonth({ amount, currency }: Price): Price {
  return { amount: Math.ceil(amount / MONTHS), currency };
}

/** By how many percent a year is cheaper than twelve months; 0 where that can't be said. */
export function savingOf({ month, year }: Plans): number {
  if (!month?.price || !year?.price || month.price.currency !== year.price.currency) return 0;
  return Math.max(0, Math.floor(100 * (1 - year.price.amount / (month.price.amount * MONTHS))));
}

/** The first offering of each period: they come in the order to show them in. */
export function plansOf(offerings: readonly Offering[]): Plans {
  const plans: Plans = {};
  for (const offering of offerings) plans[offering.period] ??= offering;
  return plans;
}
