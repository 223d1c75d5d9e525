import { resolve } from "node:path";

/** The project's folder: the same steps up from lib/lab/src as from lib/lab/dist. */
export const root = resolve(__dirname, "..", "..", "..", "..");
