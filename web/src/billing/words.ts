/** A subscription in plain words, and what may be done with it. */
import type { Provider, Subscription, SubscriptionState } from "../api/types";
import { date } from "../lib/format";

export const FREE_HAS = [
  "The whole catalogue, as often as you like",
  "On the web, on iPhone and on Android",
  "Ads between songs",
] as const;
export const PREMIUM_HAS = [
  "Everything that Free has, without ads",
  "One song after the other: nothing plays between them",
  "One subscription for the page and the apps",
] as const;

const SELLERS: Record<Provider, string> = { stripe: "our web shop", apple: "Apple", google: "Google Play" };
const KEPT = "Everything else in your account stays as it is.";

export function sellerOf(provider: Provider): string {
  return SELLERS[provider];
}

export interface Words {
  title: string;
  text: string;
}

const PREMIUM = "You are on Premium";
const WORDS: Record<SubscriptionState, (subscription: Subscription) => Words> = {
  none: () => ({ title: "You are on Free", text: "All the music, with ads between songs." }),
  granted: ({ ends_at }) => ({
    title: PREMIUM,
    text: `${ends_at ? `It is yours until ${date(ends_at)}` : "It is yours with no end"}, and there is nothing to pay.`,
  }),
  trialing: ({ renews_at }) => ({
    title: PREMIUM,
    text: renews_at
      ? `Your free trial runs until ${date(renews_at)}. Then it renews, and the first payment is taken.`
      : "Your free trial is running.",
  }),
  active: ({ renews_at }) => ({
    title: PREMIUM,
    text: renews_at ? `Renews on ${date(renews_at)}.` : "It renews by itself.",
  }),
  ending: ({ ends_at }) => ({
    title: PREMIUM,
    text: ends_at
      ? `Ends on ${date(ends_at)}. You keep Premium until then, and nothing more is charged.`
      : "It does not renew, and nothing more is charged.",
  }),
  past_due: ({ ends_at }) =>
    ends_at
      ? { title: PREMIUM, text: `You keep Premium until ${date(ends_at)}, while the payment is tried again.` }
      : { title: "You are on Free", text: "Premium comes back as soon as the payment is made." },
  paused: () => ({ title: "Your subscription is paused", text: "You are on Free until it goes on." }),
  incomplete: () => ({
    title: "The first payment is not made",
    text: "Nothing was charged, and you are on Free. Choose Premium again to pay another way.",
  }),
  ended: ({ ends_at }) => ({
    title: ends_at ? `Premium ended on ${date(ends_at)}` : "Premium has ended",
    text: `You are on Free. ${KEPT}`,
  }),
  revoked: () => ({
    title: "Premium was taken back",
    text: `The payment was refunded or disputed, so you are on Free. ${KEPT}`,
  }),
};

export function wordsOf(subscription: Subscription): Words {
  return WORDS[subscription.state](subscription);
}

const PAY_WITH: Record<Provider, string> = {
  stripe: "Check your card under “Payment and invoices”.",
  apple: "Check how you pay in the settings of your Apple account.",
  google: "Check how you pay in Google Play.",
};

/** What is wrong with the payment, and what to do; null when nothing is. */
export function troubleOf({ state, provider, payment_problem }: Subscription): Words | null {
  if (!payment_problem) return null;
  const text = provider ? PAY_WITH[provider] : "Check how you pay.";
  // A renewal that its seller has not told us of yet is no failed payment.
  if (state !== "past_due")
    return { title: "Your renewal is late", text: `You keep Premium for now. If this stays: ${lower(text)}` };
  return { title: "Your last payment did not go through", text };
}

function lower(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

/** Paid for twice at once: where else. */
export function alsoPaidWords({ also_paid_through }: Subscription): string | null {
  if (!also_paid_through.length) return null;
  const sellers = [...new Set(also_paid_through)].map(sellerOf).join(" and ");
  const place = also_paid_through.includes("stripe") ? "under “Payment and invoices”" : "there";
  return `You also pay through ${sellers}. One is enough: cancel the other ${place}.`;
}

/** What cancelling means, before it is done. */
export function cancelWords({ state, renews_at }: Subscription): string {
  const until = renews_at ? `until ${date(renews_at)}` : "to the end of the paid time";
  return state === "trialing"
    ? `Premium stays ${until}, and nothing is ever charged. ${KEPT}`
    : `Premium stays ${until}, and nothing more is charged. After that you hear ads, and what you downloaded waits for you.`;
}

export interface Actions {
  buy: boolean;
  change: boolean;
  cancel: boolean;
  resume: boolean;
  portal: boolean;
}

/** What Apple and Google sold is managed there. */
export function actionsOf({ state, provider, ends_at, also_paid_through }: Subscription): Actions {
  const isOurs = provider === "stripe";
  // Once the days of grace are over there is nothing left to cancel: it ends by itself, or is paid.
  const isInGrace = state === "past_due" && ends_at !== null;
  return {
    buy: ["none", "incomplete", "ended", "revoked"].includes(state),
    change: isOurs && ["trialing", "active"].includes(state),
    cancel: isOurs && (["trialing", "active"].includes(state) || isInGrace),
    resume: isOurs && state === "ending",
    portal: isOurs || also_paid_through.includes("stripe"),
  };
}

/** Paid for, by the word of who sold it. */
export function isThere({ state }: Subscription): boolean {
  return state === "active" || state === "trialing";
}
