import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from "#src/checkpoint/checkpoint-file.ts";
import type { RecordSet } from "#src/domain/record.ts";
import { recordSetBelow } from "#test/support/dns/generators.ts";
import { recordSet } from "#test/support/dns/records.ts";

const ORIGIN = { kind: "Ingress", namespace: "media", name: "jellyfin", uid: "u1", className: "internal" } as const;

function checkpoint(...recordSets: readonly RecordSet[]): Checkpoint {
  return {
    generation: 3,
    savedAtMs: 1_795_000_000_000,
    clusters: new Map([["", { uid: "0a-1b", absentKinds: ["gateway.networking.k8s.io/Gateway"] }]]),
    views: new Map([["", { filters: "[]", claims: recordSets.map((set, index) => ({ set, knownAtMs: index })) }]]),
  };
}

describe("a checkpoint", () => {
  test("is read as it was written: origins, names without data and empty views too", () => {
    const sets = [
      { ...recordSet("a.home.example.com 60 A 192.0.2.1"), origin: { ...ORIGIN, createdAtMs: 5 } },
      { ...recordSet("pending.home.example.com A"), origin: ORIGIN },
    ];
    const whole = checkpoint(...sets);
    const given = { ...whole, views: new Map([...whole.views, ["guests", { filters: "other", claims: [] }]]) };
    expect(decodeCheckpoint(encodeCheckpoint(given))).toEqual({ kind: "intact", checkpoint: given });
  });

  test("of any claims is read as it was written", () => {
    fc.assert(
      fc.property(fc.array(recordSetBelow("example.test"), { maxLength: 8 }), (sets) => {
        const decoded = decodeCheckpoint(encodeCheckpoint(checkpoint(...sets)));
        expect(decoded.kind).toBe("intact");
      }),
    );
  });

  test("with any changed or missing byte is damaged", () => {
    const bytes = encodeCheckpoint(checkpoint(recordSet("a.home.example.com A 192.0.2.1")));
    for (let index = 0; index < bytes.length; index += 1) {
      const changed = Uint8Array.from(bytes);
      changed[index] = (changed[index] ?? 0) ^ 0x01;
      expect(decodeCheckpoint(changed).kind).not.toBe("intact");
      expect(decodeCheckpoint(bytes.subarray(0, index)).kind).toBe("damaged");
    }
  });

  test("of a newer release is told apart from a damaged one", () => {
    const text = Buffer.from(encodeCheckpoint(checkpoint())).toString().replace('"version":1', '"version":2');
    expect(decodeCheckpoint(Buffer.from(text))).toEqual({ kind: "newer", version: 2 });
  });
});
