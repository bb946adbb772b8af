// Every file that is made from code: one line for each. `npm run docs` writes them, a test fails when one is stale.

import { metricsMarkdown } from "#src/ops/metrics-markdown.ts";
import { chartPage } from "./chart-page.ts";
import { chartRights } from "./chart-rights.ts";
import { chartSchema } from "./chart-schema.ts";
import { CLUSTER_PAGE, clusterPage } from "./rights-section.ts";
import { serviceOpenApi } from "./service-openapi.ts";
import { settingsPage } from "./settings-page.ts";

export interface GeneratedPage {
  /** Below the repository. */
  readonly path: string;
  readonly render: () => string;
}

export const GENERATED_PAGES: readonly GeneratedPage[] = [
  { path: "docs/settings.md", render: settingsPage },
  { path: "docs/metrics.md", render: metricsMarkdown },
  { path: CLUSTER_PAGE, render: clusterPage },
  { path: "chart/files/rights.yaml", render: chartRights },
  { path: "chart/values.schema.json", render: chartSchema },
  { path: "chart/README.md", render: chartPage },
  { path: "openapi/service.json", render: serviceOpenApi },
];
