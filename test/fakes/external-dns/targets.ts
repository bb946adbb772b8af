// How external-dns compares lists of targets (endpoint.Targets). All functions sort their arguments in place, as Go does:
// the order then shows in the bodies it sends.

import { ipIsLess, parseIp } from "./ip-address.ts";

/**
 * `Targets.Same`. Odd on purpose: the first pair that differs as text but parses as addresses on both sides decides the
 * whole comparison, and later pairs are not looked at.
 */
export function targetsAreSame(desired: string[], current: string[]): boolean {
  if (desired.length !== current.length) return false;
  desired.sort(bySortOrder);
  current.sort(bySortOrder);
  for (const [index, target] of desired.entries()) {
    const other = current[index] ?? "";
    if (target.toLowerCase() === other.toLowerCase()) continue;
    const a = parseIp(target);
    const b = parseIp(other);
    return a !== undefined && b !== undefined && a.text === b.text;
  }
  return true;
}

/** `Targets.IsLess` as a comparator: the shorter list first, then addresses before names. */
export function compareTargets(a: string[], b: string[]): number {
  if (targetsAreLess(a, b)) return -1;
  return targetsAreLess(b, a) ? 1 : 0;
}

function targetsAreLess(a: string[], b: string[]): boolean {
  if (a.length !== b.length) return a.length < b.length;
  a.sort(bySortOrder);
  b.sort(bySortOrder);
  const index = a.findIndex((target, at) => target !== b[at]);
  if (index === -1) return false;
  const [left = "", right = ""] = [a[index], b[index]];
  const leftIp = parseIp(left);
  const rightIp = parseIp(right);
  if (leftIp !== undefined && rightIp !== undefined) return ipIsLess(leftIp, rightIp);
  if (leftIp !== undefined || rightIp !== undefined) return leftIp !== undefined;
  return left < right;
}

function bySortOrder(a: string, b: string): number {
  const left = parseIp(a);
  const right = parseIp(b);
  const [x, y] = left !== undefined && right !== undefined ? [left.text, right.text] : [a, b];
  if (x === y) return 0;
  return x < y ? -1 : 1;
}
