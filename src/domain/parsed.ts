// The result of reading something from outside: a value or one sentence on what is wrong. Pure code never throws for bad input.

export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

export function parsed<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

export function unparsable(problem: string): { readonly ok: false; readonly problem: string } {
  return { ok: false, problem };
}
