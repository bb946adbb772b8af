// What people get wrong, and the causes that an explanation of the name has to have: those and no others.

import type { KubeObject } from "#test/fakes/kube-apiserver/objects.ts";
import { DOMAIN, gateway, HOSTNAME, ingress, route, service } from "./objects.ts";

interface BrokenSetup {
  readonly what: string;
  readonly objects: readonly KubeObject[];
  /** Below the zone; with a final dot as it is. */
  readonly name: string;
  readonly causes: readonly string[];
  /** Somewhere in the sentences. */
  readonly says: RegExp;
}

export const SETUPS: readonly BrokenSetup[] = [
  {
    what: "an Ingress of a class that is not watched",
    objects: [ingress(`class.${DOMAIN}`, { className: "nginx" })],
    name: "class",
    causes: ["class.unwatched: Ingress apps/class"],
    says: /class nginx; zone home\.example\.com watches internal, the default class/,
  },
  {
    what: "an Ingress whose controller wrote no status",
    objects: [ingress(`status.${DOMAIN}`, { address: null })],
    name: "status",
    causes: ["address.none: Ingress apps/status"],
    says: /controller has written no address into status\.loadBalancer/,
  },
  {
    what: "a route whose host no listener has",
    objects: [gateway("lab", { hostname: `*.lab.${DOMAIN}` }), route("listener", { gateway: "lab" })],
    name: "listener",
    causes: ["listener.mismatch: HTTPRoute apps/listener"],
    says: /no listener of its parents has a hostname that fits listener\.home\.example\.com/,
  },
  {
    what: "an object with the label that takes it out",
    objects: [ingress(`label.${DOMAIN}`, { labels: { "k8s-gateway.dns/ignore": "true" } })],
    name: "label",
    causes: ["object.ignored: Ingress apps/label"],
    says: /k8s-gateway\.dns\/ignore/,
  },
  {
    what: "a route that its Gateway did not accept",
    objects: [route("refused", { accepted: ["False", "NotAllowedByListeners"] })],
    name: "refused",
    causes: ["route.unaccepted: HTTPRoute apps/refused"],
    says: /NotAllowedByListeners/,
  },
  {
    what: "a route to a Gateway that is not there",
    objects: [route("parent", { gateway: "internol" })],
    name: "parent",
    causes: ["parent.unknown: HTTPRoute apps/parent"],
    says: /there is no Gateway network\/internol/,
  },
  {
    what: "a route to a listener that its Gateway does not have",
    objects: [route("section", { section: "admin" })],
    name: "section",
    causes: ["section.unknown: HTTPRoute apps/section"],
    says: /no listener called admin/,
  },
  {
    what: "a Gateway without an address",
    objects: [gateway("pending", { addresses: [] }), route("bound", { gateway: "pending" })],
    name: "bound",
    causes: ["address.none: HTTPRoute apps/bound"],
    says: /Gateway network\/pending has no address in status\.addresses/,
  },
  {
    what: "a namespace that may not claim the name",
    objects: [ingress(`namespace.${DOMAIN}`, { namespace: "guests" })],
    name: "namespace",
    causes: ["host.forbidden: Ingress guests/namespace"],
    says: /namespace guests may only claim names in guests\.home\.example\.com/,
  },
  {
    what: "a name that another object has the better right to",
    objects: [
      ingress(`conflict.${DOMAIN}`),
      service("rival", { type: "LoadBalancer" }, { [HOSTNAME]: `conflict.${DOMAIN}` }),
    ],
    name: "conflict",
    // The guests do not see the Ingress, so the Service has the name there.
    causes: ["merge.rank: Service apps/rival to Ingress apps/conflict", "view.differs"],
    says: /Ingress apps\/conflict ranks above Service apps\/rival/,
  },
  {
    what: "a Gateway that is not watched by its name",
    objects: [gateway("external"), route("outside", { gateway: "external" })],
    name: "outside",
    causes: ["gateway.unwatched: HTTPRoute apps/outside"],
    says: /does not watch Gateway network\/external of class cilium/,
  },
  {
    what: "a Gateway that is not watched by its class",
    objects: [gateway("edge", { className: "cilium-public" }), route("by-class", { gateway: "edge" })],
    name: "by-class",
    causes: ["gateway.unwatched: HTTPRoute apps/by-class"],
    says: /does not watch Gateway network\/edge of class cilium-public/,
  },
  {
    what: "a name outside every zone",
    objects: [ingress("zone.example.net")],
    name: "zone.example.net.",
    causes: ["host.outside: Ingress apps/zone", "zone.none"],
    says: /lies in none of our zones \(home\.example\.com\)/,
  },
  {
    what: "a name that nobody may claim",
    objects: [ingress(`wpad.${DOMAIN}`)],
    name: "wpad",
    causes: ["host.protected: Ingress apps/wpad", "name.protected"],
    says: /wpad\.home\.example\.com is a protected name/,
  },
  {
    what: "a name that the settings protect",
    objects: [ingress(`router.${DOMAIN}`)],
    name: "router",
    causes: ["host.protected: Ingress apps/router", "name.protected"],
    says: /router\.home\.example\.com is a protected name/,
  },
  {
    what: "a wildcard where none is allowed, asked for by itself",
    objects: [ingress(`*.wild.${DOMAIN}`)],
    name: "*.wild",
    causes: ["host.forbidden: Ingress apps/any-wild"],
    says: /the settings allow objects no wildcards/,
  },
  {
    what: "a wildcard where none is allowed, asked for by a name below it",
    objects: [],
    name: "x.wild",
    causes: ["host.forbidden: Ingress apps/any-wild"],
    says: /the settings allow objects no wildcards/,
  },
  {
    what: "an annotation with a URL in the place of a host name",
    objects: [service("dash", { type: "LoadBalancer" }, { [HOSTNAME]: `https://malformed.${DOMAIN}/` })],
    name: "malformed",
    causes: ["host.invalid: Service apps/dash"],
    says: /"https:\/\/malformed\.home\.example\.com\/" is not a host name/,
  },
  {
    what: "a Service that is for inside the cluster, without an annotation",
    objects: [service("inner", { type: "ClusterIP", clusterIP: "10.0.0.7" })],
    name: "inner.apps",
    causes: ["service.type: Service apps/inner"],
    says: /has type ClusterIP, which has no address outside the cluster/,
  },
  {
    what: "a Service that is for inside the cluster, with an annotation",
    objects: [service("named", { type: "ClusterIP", clusterIP: "10.0.0.8" }, { [HOSTNAME]: `cluster-ip.${DOMAIN}` })],
    name: "cluster-ip",
    causes: ["service.type: Service apps/named"],
    says: /has type ClusterIP, which has no address outside the cluster/,
  },
  {
    what: "an alias that leads nowhere",
    objects: [ingress(`alias.${DOMAIN}`, { target: `nowhere.${DOMAIN}` })],
    name: "alias",
    causes: ["alias.empty"],
    says: /leads to nowhere\.home\.example\.com, which has no A/,
  },
  {
    what: "an object of a kind whose definition is not installed",
    objects: [],
    name: "endpoint",
    causes: ["name.unclaimed", "kind.absent", "kind.off"],
    says: /does not have these kinds.*DNSEndpoint \(externaldns\.k8s\.io\)/,
  },
  {
    what: "a node, while nodes are switched off",
    objects: [],
    name: "node-1",
    causes: ["name.unclaimed", "kind.absent", "kind.off"],
    says: /Switched off.*: node, pod\./,
  },
  {
    what: "a name that only another view answers",
    objects: [ingress(`guest.${DOMAIN}`, { className: "guests" })],
    name: "guest",
    causes: ["class.unwatched: Ingress apps/guest", "view.only"],
    says: /View guests answers what is not answered here, with A 192\.0\.2\.1: zonegate explain guest\.home\.example\.com@guests/,
  },
];
