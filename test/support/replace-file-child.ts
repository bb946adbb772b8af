// Run as a process of its own: replaces a file and kills itself, uncatchably, at one stage of the write.
// Arguments: path, name of the previous file, new content, stage.

import { replaceFile } from "#src/lib/atomic-file.ts";

const [path = "", previousName = "", content = "", lastStage = ""] = process.argv.slice(2);

await replaceFile(path, new TextEncoder().encode(content), {
  previousName,
  onStage: (stage) => {
    if (stage === lastStage) process.kill(process.pid, "SIGKILL");
  },
});
