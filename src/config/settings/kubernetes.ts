// Settings of the cluster whose objects give names: whether it is read, how it is reached, and which part of it.

import { kind, readText, textList } from "#src/config/kinds.ts";
import { section, setting } from "#src/config/setting.ts";
import { type Parsed, parsed, unparsable } from "#src/domain/parsed.ts";

const CHOICES = ["auto", "true", "false"] as const;
type Choice = (typeof CHOICES)[number];

export const KUBERNETES_SECTION = section({
  enabled: setting(kind(readChoice, "Write auto, true or false.").prefault("auto"), {
    env: ["KUBERNETES_ENABLED"],
    flag: "kubernetes",
    isSwitch: true,
    description:
      "Whether names come from the objects of a cluster, read through its API. `auto`: in a pod with a service account, and where `kubernetes.contexts` names one; not beside a folder of manifests.",
  }),
  kubeconfig: setting(kubeconfigFiles().optional(), {
    env: ["KUBECONFIG"],
    flag: "kubeconfig",
    description:
      "Kubeconfig for a cluster that is read from outside; several files are separated by colons. By itself it switches nothing on.",
    defaultText: "`~/.kube/config`, where it is needed",
  }),
  contexts: setting(contextNames().prefault([]), {
    env: ["KUBE_CONTEXTS"],
    flag: "kube-contexts",
    description:
      "Contexts of the kubeconfig, one for each cluster to read; where two clusters claim a name, the one that stands first has it. Empty: the current context.",
  }),
  namespaces: setting(textList("Write names of namespaces.").prefault([]), {
    env: ["KUBE_NAMESPACES"],
    flag: "kube-namespaces",
    description:
      "Namespaces whose objects are read, for a service account with a Role in each instead of a ClusterRole. Empty: all.",
  }),
});

function readChoice(input: unknown): Parsed<Choice> {
  const word = typeof input === "string" ? input.trim().toLowerCase() : String(input);
  const alias = word === "1" ? "true" : word === "0" ? "false" : word;
  const choice = CHOICES.find((known) => known === alias);
  return choice === undefined ? unparsable("is none of the choices") : parsed(choice);
}

/** As kubectl reads its variable. */
function kubeconfigFiles() {
  return kind((input): Parsed<readonly string[]> => {
    const list = readText(input);
    if (!list.ok) return list;
    const files = list.value.split(":").filter((file) => file !== "");
    return files.length === 0 ? unparsable("names no file") : parsed(files);
  }, "Write the path of a kubeconfig.");
}

function contextNames() {
  return textList("Write names of contexts, as kubectl config get-contexts lists them.");
}
