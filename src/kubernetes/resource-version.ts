// Which of two versions of one resource is newer (docs/decisions.md 41).

/**
 * Decimal since Kubernetes 1.35 by definition, and in practice since ever. `undefined` where one of them is no number: then
 * nothing is known but whether they are equal.
 */
export function isNewer(version: string, than: string): boolean | undefined {
  if (version === than) return false;
  if (!DECIMAL.test(version) || !DECIMAL.test(than)) return undefined;
  return version.length === than.length ? version > than : version.length > than.length;
}

const DECIMAL = /^(?:0|[1-9]\d{0,38})$/;
