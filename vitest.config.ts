import { defaultExclude, defineConfig } from "vitest/config";

/** Tests that wait for real time-outs of a minute and more: `npm run test:slow`. */
const SLOW_TESTS = "test/slow/**/*.test.ts";

export default defineConfig(({ mode }) => ({
  test: {
    ...(mode === "slow"
      ? { include: [SLOW_TESTS], testTimeout: 600_000 }
      : { include: ["test/**/*.test.ts"], exclude: [...defaultExclude, SLOW_TESTS], testTimeout: 40_000 }),
    hookTimeout: 40_000,
    // As tools/launch.mjs, which says why.
    execArgv: process.arch === "x64" ? ["--no-memory-protection-keys"] : [],
    // Files run beside each other; two cores are the smallest machine we promise five minutes on.
    maxWorkers: 2,
    reporters:
      process.env["ZONEGATE_TEST_REPORT"] === undefined
        ? ["default"]
        : ["default", ["json", { outputFile: process.env["ZONEGATE_TEST_REPORT"] }]],
  },
}));
