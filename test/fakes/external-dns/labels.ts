// Labels as text in registry TXT records: `"heritage=external-dns,external-dns/owner=…"`, or the same encrypted.

import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";

const HERITAGE = "external-dns";
/** Kept in the labels, never in the text: encrypting the same labels again gives the same bytes. */
const NONCE_LABEL = "txt-encryption-nonce";
/** AES-GCM standard nonce and tag sizes in octets (NIST SP 800-38D). */
const NONCE_OCTETS = 12;
const TAG_OCTETS = 16;

/** Labels from the text of a TXT record; `undefined` when its heritage is missing or another program's. */
export function parseLabels(text: string, aesKey?: Buffer): Record<string, string> | undefined {
  const bare = text.replaceAll(/^"+|"+$/g, "");
  const decrypted = aesKey === undefined ? undefined : decrypt(bare, aesKey);
  if (decrypted === undefined) return parsePlain(bare);
  const labels = parsePlain(decrypted.text);
  return labels && { ...labels, [NONCE_LABEL]: decrypted.nonce };
}

/** The quoted text of a registry TXT record. With a key the labels keep the nonce (they are changed). */
export function serializeLabels(labels: Record<string, string>, aesKey?: Buffer): string {
  const plain = serializePlain(labels);
  if (aesKey === undefined) return `"${plain}"`;
  labels[NONCE_LABEL] ??= randomBytes(NONCE_OCTETS).toString("base64");
  return `"${encrypt(plain, aesKey, labels[NONCE_LABEL])}"`;
}

/** `--txt-encrypt-aes-key`: 32 octets as text or in base64. */
export function parseAesKey(text: string): Buffer {
  const plain = Buffer.from(text);
  const key = plain.length === 32 ? plain : Buffer.from(text, "base64");
  if (key.length !== 32) throw new Error("the AES Encryption key must be 32 bytes long");
  return key;
}

function parsePlain(text: string): Record<string, string> | undefined {
  const labels: Record<string, string> = {};
  let isOurs = false;
  for (const token of text.replaceAll(/^"+|"+$/g, "").split(",")) {
    const [key = "", value, surplus] = token.split("=");
    if (value === undefined || surplus !== undefined) continue;
    if (key === "heritage") {
      if (value !== HERITAGE) return undefined;
      isOurs = true;
    } else if (key.startsWith(HERITAGE)) {
      labels[key.startsWith(`${HERITAGE}/`) ? key.slice(HERITAGE.length + 1) : key] = value;
    }
  }
  return isOurs ? labels : undefined;
}

function serializePlain(labels: Record<string, string>): string {
  const tokens = Object.keys(labels)
    .filter((key) => key !== NONCE_LABEL)
    .sort()
    .map((key) => `${HERITAGE}/${key}=${labels[key]}`);
  return [`heritage=${HERITAGE}`, ...tokens].join(",");
}

function encrypt(text: string, key: Buffer, nonce: string): string {
  const iv = Buffer.from(nonce, "base64");
  const cipher = createCipheriv("aes-256-gcm", key, iv, { authTagLength: TAG_OCTETS });
  const sealed = Buffer.concat([cipher.update(gzipSync(text, { level: 9 })), cipher.final()]);
  return Buffer.concat([iv, sealed, cipher.getAuthTag()]).toString("base64");
}

/** `undefined` when the text is no ciphertext of this key: external-dns then reads it as plain text. */
function decrypt(text: string, key: Buffer): { text: string; nonce: string } | undefined {
  const data = Buffer.from(text, "base64");
  if (data.length <= NONCE_OCTETS + TAG_OCTETS) return undefined;
  const iv = data.subarray(0, NONCE_OCTETS);
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, iv, { authTagLength: TAG_OCTETS });
    decipher.setAuthTag(data.subarray(-TAG_OCTETS));
    const zipped = Buffer.concat([decipher.update(data.subarray(NONCE_OCTETS, -TAG_OCTETS)), decipher.final()]);
    return { text: gunzipSync(zipped).toString(), nonce: iv.toString("base64") };
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}
