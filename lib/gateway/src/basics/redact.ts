/** What is written in place of a key. */
const MASK = "[key]";

/**
 * Keys as providers print them back: "Incorrect API key provided: sk-ab***yz", "Bearer …", and anything that begins as
 * OpenAI's, Anthropic's and others' keys do. Partly masked keys too: a part of a key is secret as well.
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

/**
 * Shorter ones are placeholders for servers without keys ("none", "lm-studio"); to remove them would cut holes into
 * ordinary text.
 */
const SHORTEST_SECRET = 12;

/** The text without exactly these secrets. For answers, which must otherwise stay as they are. */
export function redactSecrets(text: string, secrets: readonly string[]): string {
  let redacted = text;
  for (const secret of secrets) {
    if (secret.length >= SHORTEST_SECRET && redacted.includes(secret))
      redacted = redacted.replaceAll(secret, MASK);
  }
  return redacted;
}

/** Words that may be a key or a part of one, with what providers mask the rest of it by. */
const WORDS = /[\w*•…./+=-]{4,}/g;
const MASKS = /[*•…]+|\.{3,}/;
/** How much of a key may stand alone before it counts as a part of it. */
const LONGEST_HINT = 5;

/** As `redactSecrets`, also without parts of them and without what looks like any key. For what providers say of errors. */
export function redactError(text: string, secrets: readonly string[]): string {
  const long = secrets.filter((secret) => secret.length >= SHORTEST_SECRET);
  const redacted = redactKeys(redactSecrets(text, long));
  return redacted.replace(WORDS, (word) =>
    long.some((secret) => isPartOf(word.replace(/[.]$/, ""), secret)) ? MASK : word,
  );
}

/** `sk-ab***yz` of a key that begins and ends so, or a long enough piece of the key. */
function isPartOf(word: string, secret: string): boolean {
  const [head = "", ...rest] = word.split(MASKS);
  const tail = rest.at(-1);
  if (tail === undefined) return word.length > LONGEST_HINT && secret.includes(word);
  return head + tail !== "" && secret.startsWith(head) && secret.endsWith(tail);
}
