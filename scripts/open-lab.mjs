// Gateway and store for a command; where there is none, a sentence that says why.
import { createRequire } from "node:module";

/** Ends the process when a lab cannot be opened: the folder is held, an address is wrong, the config has a mistake. */
export async function openLabOrStop() {
  const { openLab } = createRequire(import.meta.url)("babyai-lab");
  try {
    return await openLab();
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}
