// Self-signed X.509 certificates made in memory (RFC 5280 in DER, signed by node:crypto): nothing is committed, no
// program is needed, and expired or wrongly named ones cost nothing.

import { createHash, createSign, generateKeyPairSync, randomBytes } from "node:crypto";
import { isIP } from "node:net";

export interface ServerCertificate {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  /** SHA-256 of the DER form as colon separated upper-case hex, as browsers and openssl show it. */
  readonly fingerprint: string;
}

export interface CertificateOptions {
  /** DNS names and IPv4 addresses for subjectAltName; the first DNS name is the common name. */
  readonly names: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
}

export function createCertificate({ names, notBefore, notAfter }: CertificateOptions): ServerCertificate {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const name = distinguishedName(names.find((candidate) => isIP(candidate) === 0) ?? "unifi.local");
  const body = sequence(
    tagged(TAG.version, integer(Buffer.from([2]))),
    integer(positive(randomBytes(16))),
    ECDSA_WITH_SHA256,
    name,
    sequence(utcTime(notBefore), utcTime(notAfter)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    tagged(TAG.extensions, sequence(basicConstraints(), subjectAltName(names))),
  );
  const signature = createSign("sha256").update(body).sign(privateKey);
  const der = sequence(body, ECDSA_WITH_SHA256, bitString(signature));
  return {
    certificatePem: pem(der),
    privateKeyPem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    fingerprint: colonHex(createHash("sha256").update(der).digest()),
  };
}

/** DER identifier octets (X.690) of the few types a certificate needs. */
const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  utf8String: 0x0c,
  utcTime: 0x17,
  sequence: 0x30,
  set: 0x31,
  version: 0xa0,
  extensions: 0xa3,
  dnsName: 0x82,
  ipAddress: 0x87,
} as const;

/** Whole DER objects of fixed identifiers: ecdsa-with-SHA256, commonName, basicConstraints, subjectAltName. */
const ECDSA_WITH_SHA256 = sequence(Buffer.from("06082a8648ce3d040302", "hex"));
const COMMON_NAME = Buffer.from("0603550403", "hex");
const BASIC_CONSTRAINTS = Buffer.from("0603551d13", "hex");
const SUBJECT_ALT_NAME = Buffer.from("0603551d11", "hex");

function tagged(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag]), lengthOctets(content.length), content]);
}

function lengthOctets(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  if (length < 0x100) return Buffer.from([0x81, length]);
  return Buffer.from([0x82, length >> 8, length & 0xff]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(TAG.sequence, Buffer.concat(parts));
}

function integer(value: Buffer): Buffer {
  return tagged(TAG.integer, value);
}

/** A DER INTEGER is signed: the top bit stays clear, and the first octet must not be zero for nothing. */
function positive(value: Buffer): Buffer {
  const copy = Buffer.from(value);
  copy[0] = ((copy[0] ?? 0) & 0x7f) | 0x40;
  return copy;
}

function bitString(content: Buffer): Buffer {
  return tagged(TAG.bitString, Buffer.concat([Buffer.from([0]), content]));
}

function distinguishedName(commonName: string): Buffer {
  return sequence(tagged(TAG.set, sequence(COMMON_NAME, tagged(TAG.utf8String, Buffer.from(commonName, "utf8")))));
}

function utcTime(date: Date): Buffer {
  const digits = date.toISOString().replaceAll(/[-:T]/g, "").slice(2, 14);
  return tagged(TAG.utcTime, Buffer.from(`${digits}Z`, "latin1"));
}

function basicConstraints(): Buffer {
  return sequence(BASIC_CONSTRAINTS, tagged(TAG.octetString, sequence(tagged(TAG.boolean, Buffer.from([0xff])))));
}

function subjectAltName(names: readonly string[]): Buffer {
  const entries = names.map((name) =>
    isIP(name) === 4
      ? tagged(TAG.ipAddress, Buffer.from(name.split(".").map(Number)))
      : tagged(TAG.dnsName, Buffer.from(name, "latin1")),
  );
  return sequence(SUBJECT_ALT_NAME, tagged(TAG.octetString, sequence(...entries)));
}

function pem(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}

function colonHex(digest: Buffer): string {
  return (digest.toString("hex").toUpperCase().match(/../g) ?? []).join(":");
}
