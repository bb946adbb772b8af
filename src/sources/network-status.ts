// What Multus writes on a Pod: `k8s.v1.cni.cncf.io/network-status`, the networks a Pod is in and its addresses there (Network
// Plumbing Working Group, Network Custom Resource Definition De-facto Standard, section 4.1.2).

import * as z from "zod";
import type { ClusterObject } from "#src/domain/cluster-object.ts";
import { type Parsed, parsed, unparsable } from "#src/domain/parsed.ts";

/** One network besides the cluster's own. */
export interface SecondNetwork {
  /** `namespace/name` of its NetworkAttachmentDefinition, or what the CNI calls it. */
  readonly name: string;
  readonly ips: readonly string[];
}

type Annotations = ClusterObject["metadata"]["annotations"];

const STATUS = "k8s.v1.cni.cncf.io/network-status";
/** As Multus before 4.0 called it. */
const OLD_STATUS = "k8s.v1.cni.cncf.io/networks-status";
/** The networks that a Pod asks for. */
const WANTED = "k8s.v1.cni.cncf.io/networks";
/** Longer ones are not read: a Pod is in a few networks. */
const MAX_STATUS_CHARACTERS = 65_536;

const networkStatus = z.array(
  z.object({
    name: z.string(),
    ips: z.array(z.string()).nullish(),
    default: z.boolean().nullish(),
  }),
);

/** Networks besides the default one, in the order of the status; none when there is no status. */
export function secondNetworks(annotations: Annotations): Parsed<readonly SecondNetwork[]> {
  const text = annotations[STATUS] ?? annotations[OLD_STATUS];
  if (text === undefined || text.trim() === "") return parsed([]);
  if (text.length > MAX_STATUS_CHARACTERS) return unparsable(`${STATUS} is too long to be read`);
  const json = parseJson(text);
  if (!json.ok) return json;
  const networks = networkStatus.safeParse(json.value);
  if (!networks.success) {
    const [issue] = networks.error.issues;
    return unparsable(`${STATUS}: ${[issue?.path.join("."), issue?.message].join(" ").trim()}`);
  }
  return parsed(
    networks.data.filter((entry) => entry.default !== true).map(({ name, ips }) => ({ name, ips: ips ?? [] })),
  );
}

/** Whether the Pod is to get another network, whatever has become of it. */
export function wantsNetworks(annotations: Annotations): boolean {
  return (annotations[WANTED] ?? "").trim() !== "";
}

/** The annotations with a status of nothing but what is read, which is a fraction of it. A malformed one stays. */
export function compactNetworkStatus(annotations: Annotations): Annotations {
  const { [STATUS]: status, [OLD_STATUS]: oldStatus, ...others } = annotations;
  const networks = secondNetworks(annotations);
  if (!networks.ok) return { ...others, [STATUS]: status ?? oldStatus ?? "" };
  return networks.value.length === 0 ? others : { ...others, [STATUS]: JSON.stringify(networks.value) };
}

function parseJson(text: string): Parsed<unknown> {
  try {
    return parsed(JSON.parse(text));
  } catch {
    // V8's own message would quote the text.
    return unparsable(`${STATUS} is not JSON`);
  }
}
