/**
 * The beginning of a text that others wrote, as one line of at most `length` characters that a terminal shows as it is:
 * control and other invisible characters become spaces.
 */
export function oneLine(text: string, length: number): string {
  const line = text
    .slice(0, 8 * length) // of a megabyte the beginning is enough
    .replace(/[\p{C}\p{Z}]+/gu, " ")
    .trim();
  const characters = [...line];
  const isWhole = characters.length <= length && text.length <= 8 * length;
  return isWhole ? line : `${characters.slice(0, length).join("")}…`;
}

/** "1 episode", "2 episodes". */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
