// A key pair made in this browser: the secret never travels.

export interface KeyPair {
  publicKey: string; // 64 hexadecimal digits, as is the seed.
  seed: string;
}

/** None where the browser has no Ed25519, or the page was not loaded safely. */
export async function makeKeyPair(): Promise<KeyPair | null> {
  try {
    const pair = (await crypto.subtle.generateKey({ name: "Ed25519" }, true, ["sign", "verify"])) as CryptoKeyPair;
    const publicKey = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
    const secret = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
    return { publicKey: hexadecimal(publicKey), seed: hexadecimal(secret.slice(-32)) }; // PKCS #8 ends with the seed.
  } catch {
    return null;
  }
}

function hexadecimal(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
