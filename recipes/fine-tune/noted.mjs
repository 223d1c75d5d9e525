import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";

/** What was made of the same question before, as the file says; else it is made now, and noted there. */
export async function noted(file, question, make) {
  const known = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  const key = JSON.stringify(question);
  if (known[key] !== undefined) return known[key];
  const made = await make();
  writeFileSync(`${file}.part`, `${JSON.stringify({ ...known, [key]: made }, null, 2)}\n`);
  renameSync(`${file}.part`, file);
  return made;
}
