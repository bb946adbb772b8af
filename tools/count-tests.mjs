// Prints "PASSED FAILED" from vitest's JSON report. A run that left no readable report, or that ended badly without a failed
// test (a file that could not be loaded, an error outside any test), counts as one failure. Usage: REPORT EXIT_CODE

import { readFileSync } from "node:fs";

const [reportPath, exitCode] = process.argv.slice(2);
const report = readReport();
const passed = report?.numPassedTests ?? 0;
const failed = report?.numFailedTests ?? 0;
process.stdout.write(`${passed} ${failed === 0 && exitCode !== "0" ? 1 : failed}\n`);

function readReport() {
  try {
    return JSON.parse(readFileSync(reportPath, "utf8"));
  } catch {
    return undefined;
  }
}
