// Renders the chart with the real Helm, and reads what came out.

import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, parseAllDocuments } from "yaml";
import type { PolicyRule } from "#src/app/cluster-rights.ts";
import type { KubeObject } from "#test/fakes/kube-apiserver/objects.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { REPOSITORY } from "./zonegate-process.ts";

export const CHART = join(REPOSITORY, "chart");

interface HelmResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Values as an object, or the name of a file in chart/examples. */
export type ChartValues = Readonly<Record<string, unknown>> | string;

/** `helm COMMAND … --values FILE`, without the environment of whoever runs the tests. */
export async function helm(program: string, command: readonly string[], values: ChartValues = {}): Promise<HelmResult> {
  const home = await temporaryFolder();
  const args = [...command, "--values", await valuesFile(home, values)];
  return new Promise((resolve) => {
    execFile(program, args, { env: { HOME: home } }, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code ?? 1), stdout, stderr });
    });
  });
}

async function valuesFile(home: string, values: ChartValues): Promise<string> {
  if (typeof values === "string") return join(CHART, "examples", values);
  const file = join(home, "values.yaml");
  await writeFile(file, JSON.stringify(values));
  return file;
}

/** What `helm template` prints for the release `zonegate` in the namespace `dns`. Throws what Helm complains of. */
export async function renderText(program: string, values: ChartValues = {}): Promise<string> {
  const { exitCode, stdout, stderr } = await helm(
    program,
    ["template", "zonegate", CHART, "--namespace", "dns"],
    values,
  );
  if (exitCode !== 0) throw new Error(stderr);
  return stdout;
}

export async function render(program: string, values: ChartValues = {}): Promise<readonly KubeObject[]> {
  return objectsIn(await renderText(program, values));
}

function objectsIn(text: string): readonly KubeObject[] {
  return parseAllDocuments(text).flatMap((document) => {
    const [problem] = [...document.errors, ...document.warnings];
    if (problem !== undefined) throw problem;
    return (document.toJS() as KubeObject | null) ?? [];
  });
}

/** The only one of its kind, or the one with this name. */
export function objectOf(objects: readonly KubeObject[], kind: string, name?: string): KubeObject {
  const found = objects.filter(
    (object) => object.kind === kind && (name === undefined || object.metadata.name === name),
  );
  const [object] = found;
  if (object === undefined || found.length > 1) throw new Error(`${found.length} of ${kind} ${name ?? ""}`);
  return object;
}

export function rulesOf(role: KubeObject): readonly PolicyRule[] {
  return role["rules"] as readonly PolicyRule[];
}

/** The file that the pod is given. */
export function configFile(objects: readonly KubeObject[]): string {
  const { data } = objectOf(objects, "ConfigMap") as KubeObject & { readonly data: Readonly<Record<string, string>> };
  return data["zonegate.yaml"] ?? "";
}

/** The default values, read. */
export function valuesIn(text: string): Readonly<Record<string, unknown>> {
  return parse(text) as Readonly<Record<string, unknown>>;
}
