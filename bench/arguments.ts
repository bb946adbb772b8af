// Numbers on the command line of a benchmark.

/** A whole number within bounds; throws the usage otherwise. */
export function readCount(
  text: string,
  { min, max, usage }: { readonly min: number; readonly max: number; readonly usage: string },
): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isInteger(value) || value < min || value > max) throw new Error(usage);
  return value;
}
