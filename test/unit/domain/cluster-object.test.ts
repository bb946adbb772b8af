// The identity of a Kubernetes object across its versions.

import { expect, test } from "vitest";
import { type ClusterObject, keyOf, keyText } from "#src/domain/cluster-object.ts";

function object(apiVersion: string, kind: string, namespace: string): ClusterObject {
  return {
    apiVersion,
    kind,
    metadata: { name: "app", namespace, labels: {}, annotations: {} },
    spec: undefined,
    status: undefined,
  };
}

test.each([
  ["a core object", object("v1", "Service", "default"), "/Service/default/app"],
  ["an object of a group", object("networking.k8s.io/v1", "Ingress", "web"), "networking.k8s.io/Ingress/web/app"],
  ["an object without namespace", object("v1", "Node", ""), "/Node//app"],
])("%s has the key group/kind/namespace/name", (_case, given, text) => {
  expect(keyText(keyOf(given))).toBe(text);
});

test("the version of the API is no part of the identity", () => {
  const old = object("gateway.networking.k8s.io/v1beta1", "HTTPRoute", "web");
  const current = object("gateway.networking.k8s.io/v1", "HTTPRoute", "web");
  expect(keyOf(old)).toEqual(keyOf(current));
});
