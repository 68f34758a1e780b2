/** Going to the checkout: one key for one wish to buy, so that a lost answer starts no second purchase. */
import { postMine } from "../api/client";
import { Problem } from "../api/problems";

const keys = new Map<string, string>();

/** Where to pay for a product of the offerings. */
export async function startCheckout(product: string): Promise<string> {
  const key = keys.get(product) ?? crypto.randomUUID();
  keys.set(product, key);
  try {
    const headers = { "Idempotency-Key": key };
    const { url } = await postMine("/api/v1/me/subscription/checkout", { product }, { headers });
    keys.delete(product);
    return url;
  } catch (error) {
    // Without an answer the key stays: the same request again finds what the first one has started.
    if (!(error instanceof Problem) || !error.isPassing) keys.delete(product);
    throw error;
  }
}
