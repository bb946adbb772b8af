// Bodies that somebody might post to the webhook: right ones, and right ones that were bent in every way. One seed, one sequence.

import { createRandom, type Random } from "./random.ts";

export interface PostedBody {
  readonly call: "apply" | "adjustendpoints";
  readonly bytes: Buffer;
  /** True when it is what external-dns could send: such a body is never the caller's fault. */
  readonly isRight: boolean;
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const NAMES = [
  "www.example.com",
  "WWW.Example.com.",
  "*.example.com",
  "a..b",
  "",
  ".",
  "_sip._tcp.example.com",
  "bücher.example.com",
  "xn--bcher-kva.example.com",
  "a-www.example.com",
  `${"x".repeat(64)}.example.com`,
  `${"long.".repeat(60)}example.com`,
  "a\u0000b.example.com",
  "\\000.example.com",
  "__proto__",
  "constructor.example.com",
  "\ud800.example.com",
  "a b.example.com",
];
const TYPES = [
  "A",
  "AAAA",
  "CNAME",
  "TXT",
  "SRV",
  "NS",
  "PTR",
  "MX",
  "NAPTR",
  "DNAME",
  "a",
  "",
  "TYPE65",
  "constructor",
];
const TARGETS = [
  "192.0.2.1",
  "192.0.2.300",
  "2001:db8::1",
  "::ffff:192.0.2.1",
  "fe80::1%eth0",
  "target.example.net",
  "",
  '"heritage=external-dns,external-dns/owner=home,external-dns/resource=ingress/default/app"',
  '"unbalanced',
  "10 mail.example.com",
  "0 0 99999 srv.example.com",
  "x".repeat(300),
  "\u2028\u202e",
];
const TTLS = [0, 1, 60, -1, 2_147_483_648, Number.MAX_SAFE_INTEGER, 2 ** 63, 1e300];
const LABELS = ["owner", "resource", "ownedRecord", "constructor", "toString", "hasOwnProperty", "a/b", ""];
const NUMBERS = [
  "1e999",
  "-1e999",
  "1.5",
  "-0",
  "0.1e-400",
  "9".repeat(400),
  "1E+2",
  "00",
  "0x1",
  "+1",
  "NaN",
  "Infinity",
];
const JUNK: readonly Json[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  "",
  "text",
  [],
  {},
  [[]],
  [null],
  { a: {} },
  [{}],
  "null",
];
/** Ways to write the keys that reach a prototype; JSON escapes are undone before a parser's own checks may look. */
const POISON_KEYS = [
  '"__proto__"',
  '"\\u005f\\u005fproto\\u005f\\u005f"',
  '"\\u005F_proto__"',
  '"__PROTO__"',
  '"constructor"',
  '"\\u0063onstructor"',
  '"CONSTRUCTOR"',
  '"prototype"',
];
const POISON_VALUES = [
  '{"polluted":true}',
  '{"prototype":{"polluted":true}}',
  '{"\\u0070rototype":{"polluted":true}}',
  '{"__proto__":{"polluted":true}}',
  "null",
  "[]",
];
const BAD_UTF8 = [
  [0x80],
  [0xff],
  [0xc0, 0xaf],
  [0xed, 0xa0, 0x80],
  [0xf5, 0x80, 0x80, 0x80],
  [0xe2, 0x28, 0xa1],
  [0x00],
];
/** The deepest nesting is slow to print and to parse, so it is rare. */
const DEEPEST = 200_000;
const DEEPEST_ONE_IN = 2_000;

export function createBodies(seed: number): { next(): PostedBody } {
  const random = createRandom(seed);
  return {
    next: () => {
      const call = random.chance(0.7) ? "apply" : "adjustendpoints";
      const right = rightBody(call, random);
      const text = printed(right, random);
      if (random.chance(0.2)) return { call, bytes: Buffer.from(text), isRight: true };
      const bend = random.pick(BENDS);
      return { call, bytes: bend(text, right, random), isRight: false };
    },
  };
}

type Bend = (text: string, value: Json, random: Random) => Buffer;

const BENDS: readonly Bend[] = [
  (text, _, random) => Buffer.from(text.slice(0, random.below(text.length + 1))),
  (_, value, random) => Buffer.from(JSON.stringify(withJunk(value, random))),
  (_, value, random) => Buffer.from(withNumber(value, random)),
  (text, _, random) => Buffer.from(poisoned(text, random)),
  (text, _, random) => mutated(Buffer.from(text), random),
  (text, _, random) => spliced(Buffer.from(text), Buffer.from(random.pick(BAD_UTF8)), random),
  (text, _, random) => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(text.slice(random.below(3)))]),
  (text, _, random) => Buffer.from(nested(text, random)),
  (text, _, random) => Buffer.from(text + random.pick([text, "}", "]", ",", "\u0000", "//", "x"])),
  (_, __, random) =>
    Buffer.from(random.pick(["", " ", "null", "true", "0", '""', "undefined", "[", "{", '{"create"', "\n"])),
];

function rightBody(call: PostedBody["call"], random: Random): Json {
  if (random.chance(0.02)) return null;
  if (call === "adjustendpoints") return endpoints(random);
  const lists = ["create", "updateOld", "updateNew", "delete"].filter(() => random.chance(0.5));
  return Object.fromEntries(lists.map((key) => [anyCase(key, random), random.chance(0.1) ? null : endpoints(random)]));
}

function endpoints(random: Random): readonly Json[] {
  return Array.from({ length: random.below(4) }, () => endpointOf(random));
}

function endpointOf(random: Random): Json {
  const fields: readonly (readonly [string, () => Json])[] = [
    ["dnsName", () => random.pick(NAMES)],
    ["targets", () => Array.from({ length: random.below(4) }, () => random.pick(TARGETS))],
    ["recordType", () => random.pick(TYPES)],
    ["setIdentifier", () => random.pick(["", "blue", "x".repeat(100)])],
    ["recordTTL", () => random.pick(TTLS)],
    [
      "labels",
      () => Object.fromEntries(LABELS.filter(() => random.chance(0.3)).map((key) => [key, random.pick(NAMES)])),
    ],
    ["providerSpecific", () => [{ name: random.pick(LABELS), value: random.pick(NAMES) }, {}]],
    ["somethingNew", () => random.pick(JUNK)],
  ];
  const present = fields.filter(() => random.chance(0.8));
  return Object.fromEntries(
    present.map(([key, value]) => [anyCase(key, random), random.chance(0.05) ? null : value()]),
  );
}

function anyCase(key: string, random: Random): string {
  if (random.chance(0.8)) return key;
  return random.chance(0.5) ? key.toUpperCase() : `${key.charAt(0).toUpperCase()}${key.slice(1)}`;
}

function printed(value: Json, random: Random): string {
  return random.chance(0.1) ? ` ${JSON.stringify(value, undefined, 2)}\n` : JSON.stringify(value);
}

/** One place of the tree, whatever it holds, becomes something else. */
function withJunk(value: Json, random: Random): Json {
  const replaced = (node: Json, place: { left: number }): Json => {
    place.left -= 1;
    if (place.left < 0) return node;
    if (place.left === 0) return random.pick(JUNK);
    if (Array.isArray(node)) return node.map((entry: Json) => replaced(entry, place));
    if (typeof node !== "object" || node === null) return node;
    return Object.fromEntries(Object.entries(node).map(([key, entry]) => [key, replaced(entry, place)]));
  };
  return replaced(value, { left: 1 + random.below(JSON.stringify(value).length / 12 + 2) });
}

/** One number becomes one that JSON or JavaScript cannot hold. */
function withNumber(value: Json, random: Random): string {
  return JSON.stringify(value).replace(/:-?\d[\d.e+]*/, () => `:${random.pick(NUMBERS)}`);
}

function poisoned(text: string, random: Random): string {
  const key = random.pick(POISON_KEYS);
  if (random.chance(0.3)) return text.replace(/"[A-Za-z]+"(?=:)/, () => key);
  const opens = [...text.matchAll(/\{/g)].map(({ index }) => index + 1);
  if (opens.length === 0) return `{${key}:${random.pick(POISON_VALUES)}}`;
  const at = random.pick(opens);
  const comma = text[at] === "}" ? "" : ",";
  return `${text.slice(0, at)}${key} : ${random.pick(POISON_VALUES)}${comma}${text.slice(at)}`;
}

function mutated(bytes: Buffer, random: Random): Buffer {
  for (let count = random.below(4); count >= 0 && bytes.length > 0; count -= 1) {
    const at = random.below(bytes.length);
    bytes[at] = random.chance(0.5) ? random.below(256) : (bytes[random.below(bytes.length)] ?? 0);
  }
  return bytes;
}

function spliced(bytes: Buffer, piece: Buffer, random: Random): Buffer {
  const at = random.below(bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
}

function nested(text: string, random: Random): string {
  const depth = random.chance(1 / DEEPEST_ONE_IN) ? DEEPEST : 1 + random.below(200);
  const [open, close] = random.pick([
    ["[", "]"],
    ['{"targets":', "}"],
    ['{"create":[', "]}"],
  ] as const);
  const deep = open.repeat(depth) + close.repeat(depth).replace(/^\}/, "0}");
  return random.chance(0.5) ? deep : text.replace(/null|\[\]|"[^"]*"(?=[,}\]])/, () => deep);
}
