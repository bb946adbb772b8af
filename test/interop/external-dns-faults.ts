// Wrong answers of a webhook after which the real external-dns and ours must end alike: codes, bodies, headers, resets.

import type { Fault, WebhookCall } from "#test/fakes/external-dns/reference-webhook.ts";

export const FAULTS: readonly { readonly call: WebhookCall; readonly fault: Fault; readonly times?: number }[] = [
  ...(["records", "adjust", "apply"] as const).flatMap((call) =>
    [200, 201, 202, 204, 304, 400, 401, 404, 429, 500, 503, 510, 511, 599].map((status) => ({
      call,
      fault: { status, ...(status === 204 || status === 304 ? { body: "" } : {}) },
    })),
  ),
  ...(["records", "adjust", "apply"] as const).flatMap((call) => [
    { call, fault: "reset" as const },
    { call, fault: { status: 302, headers: { Location: "/records" }, body: "" } },
    { call, fault: { status: 307, headers: { Location: "/adjustendpoints" }, body: "" }, times: 1 },
    { call, fault: { status: 302, body: "" } },
  ]),
  ...(["records", "adjust"] as const).flatMap((call) =>
    [
      "",
      "null",
      "[]",
      "[] trailing",
      "{}",
      "[{",
      '"text"',
      "[null]",
      "[{}]",
      '[{"DNSNAME":"Web.example.com","recordtype":"A","Targets":["10.0.0.7",null],"unknown":{"a":[1]}}]',
      '[{"dnsName":"web.example.com","recordType":"A","targets":["10.0.0.7"],"recordTTL":60.0}]',
      '[{"dnsName":"web.example.com","recordType":"A","targets":["10.0.0.7"],"recordTTL":"60"}]',
      '[{"dnsName":"web.example.com","recordType":"A","targets":["10.0.0.7"],"recordTTL":null,"labels":null}]',
      '[{"dnsName":"web.example.com","recordType":"A","targets":"10.0.0.7"}]',
      '[{"dnsName":"web.example.com","recordType":"A","targets":["10.0.0.7"],"providerSpecific":[{"name":"a"}]}]',
      '[{"dnsName":"web.example.com","recordType":"A","targets":["10.0.0.7"],"labels":{"owner":"me","resource":"x"}}]',
      '[{"dnsName":"web.example.com","recordType":"A","targets":["1.1.1.1"]},{"dnsName":"web.example.com","recordType":"A","targets":["2.2.2.2"]}]',
      '[{"dnsName":"txt-t.example.com","recordType":"TXT"}]',
    ].map((body) => ({ call, fault: { body } })),
  ),
  ...[
    { status: 404 },
    { status: 301, headers: { Location: "/records" }, body: "" },
    { status: 299 },
    { headers: { "Content-Type": "application/json" } },
    { headers: { "Content-Type": "application/external.dns.webhook+json; version=1" } },
    { body: "" },
    { body: "null" },
    { body: "[]" },
    { body: "{} {" },
    { body: '{"include":"example.com"}' },
    { body: '{"include":["example.com"],"regexInclude":"x"}' },
    { body: '{"include":[],"regexInclude":"x("}' },
    { body: '{"regexInclude":"(?!x)"}' },
  ].map((fault) => ({ call: "negotiate" as const, fault })),
];
