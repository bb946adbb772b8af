import { expect, test } from "vitest";
import { bindProblem } from "#src/server/bind-problem.ts";

test.each([
  ["EADDRINUSE", "dns.port-taken", /another program uses it\. Stop that program/],
  ["EACCES", "dns.port-forbidden", /above 1023 .* CAP_NET_BIND_SERVICE/],
  ["EADDRNOTAVAIL", "dns.address-missing", /no such address/],
  ["EINVAL", "dns.bind-failed", /Check the address and the port/],
])("%s becomes a sentence with address, port and advice", (code, stableCode, advice) => {
  const problem = bindProblem({ address: "192.0.2.1", port: 53, protocol: "udp", code });
  expect(problem.code).toBe(stableCode);
  expect(problem.message).toMatch(advice);
  expect(problem.message).toContain(`192.0.2.1 port 53 (UDP, ${code})`);
});
