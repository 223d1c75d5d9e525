/** What is written in place of a key. */
const MASK = "[key]";

/**
 * Keys as providers print them back: "Incorrect API key provided: sk-ab***yz", "Bearer …", and anything that begins as
 * OpenAI's, Anthropic's and others' keys do. Half masked ones too, because a part of a key is no one's business either.
 */
const KEYS = [
  /(?<=\bapi[ _-]?key(?: provided)?: ?["']?)[^\s"',}]+/gi,
  /(?<=\bBearer )[^\s"',}]+/gi,
  /\b(?:sk|pk|rk|gsk|xai|AIza)[-_][\w*.-]{6,}/g,
];

/** The text without the keys in it. Error messages go through it before they are shown or stored. */
export function redactKeys(text: string): string {
  return KEYS.reduce((redacted, key) => redacted.replace(key, MASK), text);
}
