/** What was heard, on its way to the server: plays, and ads apart from them. */
import { auth } from "../auth/auth.svelte";
import { store } from "../lib/storage";
import { Courier, type Sender } from "./courier";
import { Impressions } from "./impressions";
import { Outbox } from "./outbox";

function sender(): Sender | null {
  const token = auth.token();
  return token && auth.user ? { token, userUid: auth.user.uid } : null;
}

export class Reports {
  plays = new Courier(new Outbox(store), sender, () => auth.fresh());
  ads = new Impressions(store, sender, () => auth.fresh());

  /** Resolves when all of it has been sent, or kept. */
  async flush(): Promise<void> {
    await Promise.all([this.plays.flush(), this.ads.flush()]);
  }
}
