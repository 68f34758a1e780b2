/** Passkeys, by the browser's own JSON forms of WebAuthn's options and answers. */

export interface CreationOptions {
  publicKey: PublicKeyCredentialCreationOptionsJSON;
}

export interface RequestOptions {
  publicKey: PublicKeyCredentialRequestOptionsJSON;
}

/** Browsers without these forms are not offered passkeys; a password works everywhere. */
export function knowsPasskeys(): boolean {
  return (
    typeof PublicKeyCredential === "function" &&
    "parseRequestOptionsFromJSON" in PublicKeyCredential &&
    "parseCreationOptionsFromJSON" in PublicKeyCredential
  );
}

/** null when the user closed the browser's dialog. */
export async function createPasskey({ publicKey }: CreationOptions): Promise<unknown> {
  const options = PublicKeyCredential.parseCreationOptionsFromJSON(publicKey);
  return jsonOf(() => navigator.credentials.create({ publicKey: options }));
}

export async function usePasskey({ publicKey }: RequestOptions): Promise<unknown> {
  const options = PublicKeyCredential.parseRequestOptionsFromJSON(publicKey);
  return jsonOf(() => navigator.credentials.get({ publicKey: options }));
}

async function jsonOf(ask: () => Promise<Credential | null>): Promise<unknown> {
  try {
    const credential = await ask();
    return credential ? (credential as PublicKeyCredential).toJSON() : null;
  } catch (error) {
    // The user closed the dialog, took too long, or has the passkey already.
    if (error instanceof DOMException) return null;
    throw error;
  }
}
