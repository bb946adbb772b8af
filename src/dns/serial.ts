// SOA serials: 32-bit numbers that wrap (RFC 1982).

const MODULUS = 2 ** 32;
const HALF = 2 ** 31;

/** The serial of the next version of a zone: the time, or one more than before when the clock has not moved past it. */
export function nextSerial(previous: number | undefined, nowUnixSeconds: number): number {
  const now = Math.floor(nowUnixSeconds) % MODULUS;
  if (previous === undefined) return now;
  return isNewerSerial(now, previous) ? now : (previous + 1) % MODULUS;
}

/** RFC 1982 §3.2: whether a secondary that holds `b` would fetch `a`. */
export function isNewerSerial(a: number, b: number): boolean {
  const distance = (a - b + MODULUS) % MODULUS;
  return distance > 0 && distance < HALF;
}
