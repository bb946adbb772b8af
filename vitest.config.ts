import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    // Files run beside each other; two cores are the smallest machine we promise five minutes on.
    maxWorkers: 2,
    reporters:
      process.env["ZONEGATE_TEST_REPORT"] === undefined
        ? ["default"]
        : ["default", ["json", { outputFile: process.env["ZONEGATE_TEST_REPORT"] }]],
  },
});
