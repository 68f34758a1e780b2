/** Steps of our own endpoints that ask for a fresh proof: the dialog comes, and then the step is done. */
import { SignInDismissed } from "../api/client";
import { Problem } from "../api/problems";
import { auth } from "./auth.svelte";
import type { Proof } from "./flows";

export async function withProof<Answer>(step: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== "REAUTHENTICATION_REQUIRED") throw error;
      if (!(await auth.prove(await ownProofs()))) throw new SignInDismissed();
    }
  }
}

/** Whether there is a password is not said; a wrong one is refused with a sentence. */
async function ownProofs(): Promise<Proof[]> {
  const { data } = await auth.account<{ type: string }[]>("GET", "account/authenticators");
  const types = (data ?? []).map(({ type }) => type);
  const proofs: Proof[] = ["password"];
  if (types.includes("webauthn")) proofs.push("passkey");
  if (types.includes("totp") || types.includes("recovery_codes")) proofs.push("code");
  return proofs;
}
