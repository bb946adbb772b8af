// Writes docs/metrics.md from the metric catalogue. Run: node tools/generate-metrics-docs.ts

import { writeFile } from "node:fs/promises";
import { metricsMarkdown } from "#src/ops/metrics-markdown.ts";

await writeFile(new URL("../docs/metrics.md", import.meta.url), metricsMarkdown());
