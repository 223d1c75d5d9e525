/** What was thrown, in words. subtle: an error from outside of a kernel's or a test's realm is no `instanceof Error`. */
export function messageOf(thrown: unknown): string {
  const isError = typeof thrown === "object" && thrown !== null && "message" in thrown;
  return String(isError ? thrown.message : thrown);
}
