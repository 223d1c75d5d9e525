/** A piece of a statement: a word, a `name` in quotes, a 'string', a number, or a sign. */
export interface Token {
  kind: "word" | "quoted" | "string" | "number" | "sign";
  text: string;
  /** Where it ends. */
  end: number;
}

const TOKEN =
  /(?<blank>\s+|--[^\n]*|#[! ][^\n]*|\/\*[\s\S]*?\*\/)|(?<word>[A-Za-z_][\w$]*)|(?<quoted>`(?:[^`\\]|\\[\s\S]|``)*`|"(?:[^"\\]|\\[\s\S]|"")*")|(?<string>'(?:[^'\\]|\\[\s\S]|'')*'|\$(\w*)\$[\s\S]*?\$\5\$)|(?<number>\d[\w.]*)|(?<sign>[\s\S])/gy;

/** The tokens of a statement, one by one, as ClickHouse tells them apart. */
export function* tokensOf(text: string): Generator<Token> {
  for (const match of text.matchAll(TOKEN)) {
    const { blank, word, quoted, string, number } = match.groups ?? {};
    if (blank !== undefined) continue;
    const end = (match.index ?? 0) + match[0].length;
    if (word !== undefined) yield { kind: "word", text: word, end };
    else if (quoted !== undefined) yield { kind: "quoted", text: quoted.slice(1, -1), end };
    else if (string !== undefined) yield { kind: "string", text: string, end };
    else yield { kind: number === undefined ? "sign" : "number", text: match[0], end };
  }
}

/**
 * Where `INSERT INTO … FORMAT x` or `INSERT INTO … VALUES` ends, and where its rows begin; undefined for any other statement.
 * What stands before must still be read by ClickHouse.
 */
export function findRows(text: string): { end: number; start: number } | undefined {
  let depth = 0;
  let before: string | undefined;
  for (const { kind, text: sign, end } of tokensOf(text)) {
    const word = kind === "word" ? sign.toUpperCase() : "";
    if (before === undefined && word !== "INSERT") return undefined;
    if (sign === "(") depth++;
    else if (sign === ")") depth--;
    else if (depth === 0) {
      if (word === "SELECT" || word === "WITH") return undefined;
      if (word === "VALUES") return { end, start: end };
      if (before === "FORMAT" && word !== "") return { end, start: end + blankAt(text, end) };
    }
    before = word;
  }
  return undefined;
}

/** The length of what parts a format's name from its rows. */
const blankAt = (text: string, at: number) =>
  /^;?[ \t\f]*\r?\n?/.exec(text.slice(at, at + 1000))?.[0].length ?? 0;
