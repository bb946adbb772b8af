// openapi/service.json as text: the ops listener's paths, and its answers from the schemas of src/ops/responses.ts.

import { z } from "zod";
import { VERSION } from "#src/app/version.ts";
import { PROBLEM_MEDIA_TYPE } from "#src/lib/problem-json.ts";
import { RESPONSES } from "#src/ops/responses.ts";

type Json = Readonly<Record<string, unknown>>;

export function serviceOpenApi(): string {
  return `${JSON.stringify(document(), undefined, 2)}\n`;
}

function document(): Json {
  return {
    openapi: "3.1.0",
    info: {
      title: "Zonegate operations",
      version: VERSION,
      summary: "Health, metrics, status and explanations, read-only",
      description: DESCRIPTION,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "http://localhost:8080" }],
    // Nothing here changes anything or holds a secret; who may reach the port is the network's to say.
    security: [],
    tags: [
      { name: "health", description: "For the kubelet and other watchers" },
      { name: "figures", description: "For Prometheus" },
      { name: "answers", description: "For people and scripts" },
    ],
    paths: Object.fromEntries(OPERATIONS.map((operation) => [operation.path, { get: operationObject(operation) }])),
    components: { schemas: componentSchemas(), responses: PROBLEM_RESPONSES },
  };
}

const DESCRIPTION = `Made by \`npm run docs\` from the schemas in src/ops; a test fails when it is stale.

HEAD answers like GET without content, a final slash does not matter. Any other path is 404, another method 405 with \`Allow\`; both come as problem details. An answer may get further keys in a later release; none changes its meaning.`;

type ResponseName = keyof typeof RESPONSES;

interface Operation {
  readonly path: string;
  readonly id: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly Json[];
  /** Description and content of each status but those that every operation has. */
  readonly answers: Readonly<Record<number, readonly [description: string, content: ResponseName | "text"]>>;
}

const LIVE = {
  tag: "health",
  answers: { 200: ["It works.", "Liveness"], 503: ["The DNS thread does not answer.", "Liveness"] },
} as const;

const OPERATIONS: readonly Operation[] = [
  {
    ...LIVE,
    path: "/livez",
    id: "livez",
    summary: "Does the process work?",
    description: "Asks the thread that answers DNS. Never the backend, the cloud or the cluster.",
  },
  {
    ...LIVE,
    path: "/healthz",
    id: "healthz",
    summary: "The same as /livez",
    description: "The path that the chart of external-dns probes.",
  },
  {
    path: "/readyz",
    id: "readyz",
    tag: "health",
    summary: "May callers come?",
    description: "Ready when ports are open, every source was read once, and the process is not about to stop.",
    answers: { 200: ["Ready.", "Readiness"], 503: ["Not ready; the reasons say why.", "Readiness"] },
  },
  {
    path: "/metrics",
    id: "metrics",
    tag: "figures",
    summary: "Figures for Prometheus",
    description: "Every metric stands in docs/metrics.md.",
    answers: { 200: ["Prometheus' text format.", "text"] },
  },
  {
    path: "/status",
    id: "status",
    tag: "answers",
    summary: "What runs, what it serves, what is wrong",
    answers: { 200: ["Without secrets.", "Status"] },
  },
  {
    path: "/explain",
    id: "explain",
    tag: "answers",
    summary: "Everything known about one name",
    description: "What `zonegate explain NAME` prints; see docs/explain.md.",
    parameters: [
      {
        name: "name",
        in: "query",
        required: true,
        description: "In any case, with or without a final dot.",
        schema: { type: "string", minLength: 1 },
        example: "app.home.example.com",
      },
      {
        name: "view",
        in: "query",
        required: false,
        description: "One of the views in the settings; without it the view of everybody.",
        schema: { type: "string" },
        example: "guests",
      },
    ],
    answers: {
      200: ["What is answered, who claims it, what was left out and why, what is stored.", "Explanation"],
      400: [
        "No name, several, or none that could be one (`request.name_missing`, `request.name_invalid`); no such view (`request.view_unknown`).",
        "Problem",
      ],
    },
  },
];

/** What any request may be answered with, by what the server makes of its bytes. */
const COMMON_RESPONSES: Json = {
  "400": { $ref: "#/components/responses/Malformed" },
  "408": { $ref: "#/components/responses/TooSlow" },
  "431": { $ref: "#/components/responses/HeadersTooLarge" },
  "500": { $ref: "#/components/responses/Failed" },
};

const PROBLEM_RESPONSES: Json = {
  Malformed: answer("No HTTP, or no URL (`request.malformed`, `request.bad_url`).", "Problem"),
  TooSlow: answer("The request did not arrive in time (`request.too_slow`); the connection ends.", "Problem"),
  HeadersTooLarge: answer("The headers are larger than the server reads (`request.headers_too_large`).", "Problem"),
  Failed: answer("An error of ours (`internal`); the log has it.", "Problem"),
};

function operationObject({ id, tag, summary, description, parameters, answers }: Operation): Json {
  const own = Object.entries(answers).map(([status, [text, content]]) => [status, answer(text, content)]);
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    ...(parameters === undefined ? {} : { parameters }),
    responses: { ...COMMON_RESPONSES, ...Object.fromEntries(own) },
  };
}

function answer(description: string, content: ResponseName | "text"): Json {
  if (content === "text") return { description, content: { [METRICS_MEDIA_TYPE]: { schema: { type: "string" } } } };
  const mediaType = content === "Problem" ? PROBLEM_MEDIA_TYPE : "application/json; charset=utf-8";
  return { description, content: { [mediaType]: { schema: { $ref: `#/components/schemas/${content}` } } } };
}

/** What prom-client sends; a test compares it with the running server. */
const METRICS_MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Every schema by its id: those of the answers, and the parts that have an id of their own. */
function componentSchemas(): Json {
  const schemas: Record<string, unknown> = {};
  for (const schema of Object.values(RESPONSES)) {
    const { $defs } = z.toJSONSchema(schema, { io: "input", override: ({ jsonSchema }) => simplify(jsonSchema) });
    Object.assign(schemas, $defs);
  }
  const sorted = Object.entries(schemas).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return JSON.parse(JSON.stringify(Object.fromEntries(sorted)).replaceAll("#/$defs/", "#/components/schemas/"));
}

/** Takes out what says something about TypeScript and nothing to a caller. */
function simplify(schema: Record<string, unknown>): void {
  delete schema["readOnly"];
  if (schema["minimum"] === Number.MIN_SAFE_INTEGER) delete schema["minimum"];
  if (schema["maximum"] === Number.MAX_SAFE_INTEGER) delete schema["maximum"];
}
