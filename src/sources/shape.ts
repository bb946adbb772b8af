// Reads a part of a cluster object through a schema. The one place where a source meets `unknown`.

import type { z } from "zod";
import { type Parsed, parsed, unparsable } from "#src/domain/parsed.ts";

/** The part as the schema types it, or one sentence that names the first wrong field. `where` is "spec" or "status". */
export function readPart<T>(where: string, schema: z.ZodType<T>, part: unknown): Parsed<T> {
  const result = schema.safeParse(part ?? {});
  if (result.success) return parsed(result.data);
  const issue = result.error.issues[0];
  const path = [where, ...(issue?.path ?? [])].join(".");
  return unparsable(`${path}: ${issue?.message ?? "is not what Kubernetes defines"}`);
}
