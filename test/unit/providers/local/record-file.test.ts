// The stored format: what version 1 wrote is read for as long as there is a Zonegate that promises it (docs/decisions.md 37).

import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { RECORD_TYPES } from "#src/domain/record.ts";
import { decodeRecordFile, encodeRecordFile, type RecordFile } from "#src/providers/local/record-file.ts";

const VERSION_1 = new URL("../../../fixtures/records-v1.jsonl", import.meta.url);

describe("a file of format version 1", () => {
  test("is read with every record it holds", async () => {
    const file = await readVersion1();
    expect(file).toMatchObject({ generation: 42, savedAtMs: Date.UTC(2026, 10, 1) });
    expect(file.records.map(({ name, type, target, ttlSeconds }) => [name, type, target, ttlSeconds])).toEqual([
      ["*.apps.home.example.com", "A", "192.168.20.10", 300],
      ["11.20.168.192.in-addr.arpa", "PTR", "nas.home.example.com", undefined],
      ["_ldap._tcp.home.example.com", "SRV", "10 5 389 ldap.home.example.com", undefined],
      ["a-nas.home.example.com", "TXT", heritage("ingress/default/nas"), undefined],
      ["cname-photos.home.example.com", "TXT", heritage("ingress/default/photos"), undefined],
      ["home.example.com", "CAA", '0 issue "letsencrypt.org"', undefined],
      ["home.example.com", "HTTPS", '1 . alpn="h2,h3"', undefined],
      ["home.example.com", "MX", "10 mail.home.example.com", 3600],
      ["home.example.com", "NS", "ns1.home.example.com", undefined],
      ["nas.home.example.com", "A", "192.168.20.11", 60],
      ["nas.home.example.com", "A", "192.168.20.12", 60],
      ["nas.home.example.com", "AAAA", "fd20::11", undefined],
      ["photos.home.example.com", "CNAME", "nas.home.example.com", undefined],
      ["quoted.home.example.com", "TXT", '"a \\"quoted\\" text; with \\\\ and caf\\195\\169in two parts"', undefined],
      ["sip.home.example.com", "NAPTR", '100 10 "S" "SIP+D2U" "" _sip._udp.home.example.com', undefined],
    ]);
  });

  test("holds every type that can be stored", async () => {
    const { records } = await readVersion1();
    expect(new Set(records.map(({ type }) => type))).toEqual(new Set(RECORD_TYPES));
  });

  test("is what this release writes, byte for byte", async () => {
    expect(Buffer.from(encodeRecordFile(await readVersion1())).toString()).toBe(await readFile(VERSION_1, "utf8"));
  });
});

async function readVersion1(): Promise<RecordFile> {
  const decoded = decodeRecordFile(await readFile(VERSION_1));
  if (decoded.kind !== "intact") throw new Error(JSON.stringify(decoded));
  return decoded.file;
}

function heritage(resource: string): string {
  return `"heritage=external-dns,external-dns/owner=home,external-dns/resource=${resource}"`;
}
