/** Passkeys: what the browser holds, in the form in which the server speaks of it. */
import { api, type Schemas } from "../api/client";

export const hasPasskeys = (): boolean =>
  typeof PublicKeyCredential === "function" && "parseRequestOptionsFromJSON" in PublicKeyCredential;

export async function signInByPasskey(): Promise<Schemas["Me"]> {
  const begun = await api.post("/api/v1/auth/passkey/begin");
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(begun.options as unknown as PublicKeyCredentialRequestOptionsJSON);
  const credential = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential;
  return api.post("/api/v1/auth/passkey", {
    body: { challenge: begun.challenge, credential: credential.toJSON() as Record<string, unknown>, label: "" },
  });
}

export async function addPasskey(label: string): Promise<Schemas["PasskeyRow"]> {
  const begun = await api.post("/api/v1/me/passkeys/begin");
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(begun.options as unknown as PublicKeyCredentialCreationOptionsJSON);
  const credential = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential;
  return api.post("/api/v1/me/passkeys", {
    body: { challenge: begun.challenge, credential: credential.toJSON() as Record<string, unknown>, label },
  });
}
