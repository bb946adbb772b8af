// The one shape in which every HTTP listener of ours reports an error: RFC 9457 problem details. Knows no error class.

import { STATUS_CODES } from "node:http";

/** RFC 9457 §3; sent without parameters. */
export const PROBLEM_MEDIA_TYPE = "application/problem+json";

export interface Problem {
  readonly status: number;
  /** Stable, dotted, lower case; what a script may branch on. */
  readonly code: string;
  /** One sentence for people; never a secret, never a stack. */
  readonly detail: string;
}

/** The body of a problem. Bytes, because web frameworks add parameters to the media type of text. */
export function encodeProblem(problem: Problem): Buffer {
  const { status, code, detail } = problem;
  return Buffer.from(
    `${JSON.stringify({ type: "about:blank", title: STATUS_CODES[status] ?? "Error", status, detail, code })}\n`,
  );
}
