// Settings of what is asked about Cilium, for explanations alone: no name depends on it.

import { kind, quote, readText, yesOrNo } from "#src/config/kinds.ts";
import { section, setting } from "#src/config/setting.ts";
import { type Parsed, unparsable } from "#src/domain/parsed.ts";

export const CILIUM_SECTION = section({
  leases: setting(yesOrNo().prefault(false), {
    env: ["CILIUM_LEASES"],
    flag: "cilium-leases",
    isSwitch: true,
    description:
      "Whether `zonegate explain` asks which node announces an address on the network (Cilium's L2 announcements). Asked when somebody wants to know and never else; needs `get` on Leases in `sources.cilium.namespace`.",
  }),
  namespace: setting(kind(readNamespace, "Write the name of a namespace.").prefault("kube-system"), {
    env: ["CILIUM_NAMESPACE"],
    flag: "cilium-namespace",
    description: "Namespace that Cilium runs in, where its Leases are.",
  }),
});

function readNamespace(input: unknown): Parsed<string> {
  const text = readText(input);
  if (!text.ok || /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(text.value)) return text;
  return unparsable(`${quote(input)} is not the name of a namespace`);
}
