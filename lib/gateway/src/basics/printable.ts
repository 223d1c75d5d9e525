/** What terminals obey, what turns the order of a text around, and what no XML may have. */
const OBEYED = /(?![\t\n])[\p{Cc}\p{Cs}\u061c\u202a-\u202e\u2066-\u2069\ufffe\uffff]/gu;

/**
 * A text that others wrote as a terminal, a page or a picture can show it: the characters that these would obey, such as ESC,
 * become U+FFFD. Tabs and line ends stay.
 */
export function printable(text: string): string {
  return text.replace(/\r\n?/g, "\n").replace(OBEYED, "\ufffd");
}
