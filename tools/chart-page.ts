// chart/README.md: how to install the chart, and a table of its values made from the comments in chart/values.yaml.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

export function chartPage(): string {
  const text = readFileSync(fileURLToPath(new URL("../chart/values.yaml", import.meta.url)), "utf8");
  return `${[...INTRODUCTION, ...tableOf(text), ...AFTERWORD].join("\n")}\n`;
}

const INTRODUCTION = [
  "# The chart",
  "",
  "<!-- Made by `npm run docs` from chart/values.yaml and tools/chart-page.ts; a test fails when it is stale. -->",
  "",
  "Zonegate as the DNS server of a cluster (mode `resolver`): a Deployment, a Service that answers at port 53 over UDP and TCP, a Service for",
  "health and metrics, and exactly the rights that the enabled sources need ([which](../docs/cluster.md#rights)). It writes nothing to the cluster.",
  "",
  "No chart and no image are published yet. From a clone, with [an image of your own](../docs/image.md):",
  "",
  "```sh",
  "helm install zonegate ./chart --namespace dns --create-namespace \\",
  "  --set image.repository=registry.example.com/zonegate --set 'zones={home.example.com}' \\",
  "  --set-string 'service.annotations.lbipam\\.cilium\\.io/ips=192.168.1.53'",
  "```",
  "",
  "Without Helm in the cluster:",
  "",
  "```sh",
  "kubectl create namespace dns",
  "helm template zonegate ./chart --namespace dns --values my-values.yaml | kubectl apply -f -",
  "```",
  "",
  "Examples to start from: [k8s-gateway.yaml](examples/k8s-gateway.yaml) for those who come from k8s_gateway,",
  "[gateway-api.yaml](examples/gateway-api.yaml), [namespaced.yaml](examples/namespaced.yaml) with Roles in two namespaces, a second view and a claim.",
  "",
  "Helm 3 and 4, Kubernetes 1.26 or newer. A value that is not below is refused, and so is a setting that does not exist; whether a setting's",
  "value is right is said by the pod, which then ends with exit code 78 and names every problem in its log, while the pods before it serve on.",
  "",
  "## Values",
  "",
];

const AFTERWORD = [
  "",
  "## What runs",
  "",
  "- As user 65532 with a read-only root, no capabilities, seccomp `RuntimeDefault`; only `/data` can be written.",
  "- A change of the settings rolls the pods: one more becomes ready before one leaves. A pod that is told to stop answers for `lameDuckSeconds` more.",
  "- The checkpoint in `/data` answers while the API is away at a start of the container. In an emptyDir it outlives the container and the node's",
  "  restart, not the pod.",
  "- With `namespaces` a ClusterRole remains for what lives in no namespace: IngressClasses, nodes, the identity of the cluster.",
  "",
  "## From the values of k8s_gateway",
  "",
  "| There | Here |",
  "|---|---|",
  "| `domain`, separated by spaces | `zones`, a list |",
  "| `ttl` (300) | `settings.dns.ttlSeconds` (60), or `zones[].defaultTtlSeconds` |",
  "| `watchedResources: [Ingress, HTTPRoute]` | `sources: [ingress, gateway-httproute]`; the order of right is fixed ([decision](../docs/decisions.md) 17) |",
  '| `filters.ingressClasses`, empty for all | `settings.sources.ingressClasses`; all are `["*"]` |',
  '| `filters.gatewayClasses`, empty for all | `settings.sources.gatewayClasses`; all are `["*"]` |',
  "| `filters.serviceLabelSelectors` | `settings.sources.service.labelSelectors` |",
  "| `apex`, `secondary` | `zones[].nameservers` |",
  "| `zoneFiles` | `records`, or a DNSEndpoint |",
  "| `service.useTcp` | always: an answer that is too long for UDP has to be asked for again over TCP |",
  "| `service.loadBalancerIP`, `externalIPs` | an annotation of your load balancer in `service.annotations` |",
  "| `replicaCount` (1) | `replicas` (2) |",
  "| `fallthrough`, `dnsChallenge`, `extraZonePlugins` | nothing: Zonegate forwards no query. Forward only your zones to it |",
];

/** A row for each key with a comment directly above it. */
function tableOf(text: string): readonly string[] {
  const values: unknown = parse(text);
  const rows = documentedKeys(text).map(({ path, comment }) => {
    const shown = JSON.stringify(valueAt(values, path));
    return `| \`${path.join(".")}\` | \`${shown}\` | ${comment.replaceAll("|", "\\|")} |`;
  });
  return ["| Value | Default | What it does |", "|---|---|---|", ...rows];
}

interface DocumentedKey {
  readonly path: readonly string[];
  readonly comment: string;
}

/** In the order of the file, which is indented by two spaces. */
export function documentedKeys(text: string): readonly DocumentedKey[] {
  const found: DocumentedKey[] = [];
  let path: readonly string[] = [];
  let comment: string[] = [];
  for (const line of text.split("\n")) {
    const said = /^\s*# (.*)$/.exec(line)?.[1];
    if (said !== undefined) {
      comment.push(said);
      continue;
    }
    const [, indent, key] = /^( *)([A-Za-z]\w*):/.exec(line) ?? [];
    if (indent !== undefined && key !== undefined) {
      path = [...path.slice(0, indent.length / 2), key];
      if (comment.length > 0) found.push({ path, comment: comment.join(" ") });
    }
    comment = [];
  }
  return found;
}

function valueAt(values: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Readonly<Record<string, unknown>> | undefined)?.[key], values);
}
