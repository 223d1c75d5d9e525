import { ClickHouseError } from "@clickhouse/client";
import { TABLE_ENGINES } from "../confinement";
import type { EmbeddedConnection } from "../connect-embedded";
import { ClickHouseHttpError } from "./error";
import { type Token, tokensOf } from "./tokens";

/** One statement, as ClickHouse prints what it has read: without comments, one spelling of each thing. */
export interface Statement {
  text: string;
  /** It only answers: SELECT, SHOW, DESCRIBE and the like. */
  isRead: boolean;
  /** The format of the rows that come with it, when it is an INSERT of rows. */
  rows: string | undefined;
}

/** Table functions that answer from the store, or from nothing. */
const TABLE_FUNCTIONS =
  "SQLStandardValues dictionary generateSeries generate_series loop merge mergeTreeIndex mergeTreeProjection " +
  "mergeTreeTextIndex numbers numbers_mt primes view viewExplain viewIfPermitted zeros zeros_mt";

/** Those that read SQL out of a text, which may itself be computed: what columns are made of, or rows of VALUES. */
const TEXT_FUNCTIONS = "format generateRandom input null values";

/** Functions that read a file, a model or an address. */
const FUNCTIONS =
  "file catboostEvaluate aiClassify aiEmbed aiExtract aiGenerate aiTranslate fuzzQuery addressToLine addressToLineWithInlines";

/** Settings that hold text which is neither a path, an address nor SQL. Those of other types cannot hold any. */
const TEXT_SETTINGS =
  "auto_statistics_types bool_false_representation bool_true_representation chdb_client_name column_names_for_schema_inference columns_to_prewarm_mark_cache " +
  "compatibility count_distinct_implementation default_compression_codec default_view_definer errors_output_format " +
  "exclude_materialize_skip_indexes_on_insert exclude_materialize_skip_indexes_on_merge force_data_skipping_indices " +
  "force_optimize_projection_name format_csv_null_representation format_custom_field_delimiter " +
  "format_custom_result_after_delimiter format_custom_result_before_delimiter format_custom_row_after_delimiter " +
  "format_custom_row_before_delimiter format_custom_row_between_delimiter format_json_object_each_row_column_for_object_name " +
  "format_regexp format_tsv_null_representation ignore_data_skipping_indices input_format_mysql_dump_table_name " +
  "input_format_orc_reader_time_zone_name insert_deduplication_token log_comment marks_compression_codec merge_workload " +
  "mutation_workload network_compression_method output_format_avro_codec output_format_avro_string_column_pattern " +
  "output_format_orc_writer_time_zone_name output_format_pretty_grid_charset output_format_sql_insert_table_name " +
  "preferred_optimize_projection_name primary_key_compression_codec query_cache_tag temporary_files_codec workload";

const KINDS =
  /^\(*(SELECT|WITH|EXPLAIN|SHOW|DESCRIBE|EXISTS|CHECK|INSERT INTO|USE|SET(?! (DEFAULT )?ROLE)|DELETE FROM|UPDATE|KILL|SYSTEM (FLUSH|(STOP|START) MERGES)|BEGIN|COMMIT|ROLLBACK|RENAME|EXCHANGE|TRUNCATE|(CREATE|CREATE OR REPLACE|REPLACE|ATTACH|DETACH|ALTER|OPTIMIZE|DROP|UNDROP)( TEMPORARY| MATERIALIZED)? (TABLE|VIEW|DATABASE|FUNCTION|INDEX))\b/;
const READS =
  /^\(*(SELECT|WITH|SHOW|DESCRIBE|EXISTS|CHECK|EXPLAIN( [A-Z]+)*( \w+ = \S+)* \(*(SELECT|WITH))\b/;
const ENGINES = new Set([...TABLE_ENGINES, "Atomic", "Ordinary"]);

/** Statements read before, to be told from new ones without asking the engine. */
const MAX_KNOWN = 1000;
const MAX_KNOWN_LENGTH = 10_000;

const lower = (names: Iterable<string>) => new Set([...names].map((name) => name.toLowerCase()));
const words = (text: string) => text.split(" ");

/** What of the engine reaches outside of the store. */
interface Outside {
  /** Table functions and engines, in lower case. */
  calls: ReadonlySet<string>;
  settings: ReadonlySet<string>;
}

/** Reads statements by ClickHouse's own parser, and refuses those that reach files, programs or addresses. */
export class Statements {
  private readonly known = new Map<string, Statement>();
  private outside: Promise<Outside> | undefined;

  /** @param allowOutside nothing is refused for what it reaches */
  constructor(
    private readonly connection: EmbeddedConnection,
    private readonly allowOutside: boolean,
  ) {}

  /** @throws ClickHouseHttpError it is no statement, or more than one, or reaches outside */
  async read(text: string): Promise<Statement> {
    const known = this.known.get(text);
    if (known !== undefined) return known;
    const printed = await this.print(text);
    const tokens = [...tokensOf(printed)];
    if (tokens.some((token, i) => is(token, "PARALLEL") && is(tokens[i + 1], "WITH")))
      throw new ClickHouseHttpError(48, "NOT_IMPLEMENTED", "Send one statement in a request");
    if (!this.allowOutside) refuseOutside(printed, tokens, await this.whatIsOutside());
    const statement = { text: printed, isRead: READS.test(printed), rows: rowsOf(printed, tokens) };
    if (text.length <= MAX_KNOWN_LENGTH) {
      if (this.known.size >= MAX_KNOWN) this.known.delete(this.known.keys().next().value as string);
      this.known.set(text, statement);
    }
    return statement;
  }

  /** @throws ClickHouseHttpError a setting of the request, rather than of its statement, reaches outside */
  async checkSettings(names: readonly string[]): Promise<void> {
    if (this.allowOutside || names.length === 0) return;
    const { settings } = await this.whatIsOutside();
    for (const name of names) if (settings.has(name)) throw refused(`the setting ${name}`);
  }

  /** True when text that is to be computed inside a statement reaches nothing outside, for all that ClickHouse's parser says. */
  async isHarmless(expressions: string): Promise<boolean> {
    if (this.allowOutside) return true;
    return this.read(`SELECT ${expressions}`).then(
      () => true,
      () => false,
    );
  }

  private async print(text: string): Promise<string> {
    if (text.includes("\0"))
      throw new ClickHouseHttpError(62, "SYNTAX_ERROR", "A statement holds no NUL");
    const literal = text.replace(/[\\']/g, "\\$&");
    // subtle: settings cost a connection.
    const settings = text.length > 100_000 ? { max_query_size: "0" } : undefined;
    const query = `SELECT formatQuerySingleLine('${literal}') FORMAT TSVRaw`;
    try {
      return (await this.connection.raw(query, settings)).toString("utf8").slice(0, -1);
    } catch (error) {
      if (error instanceof ClickHouseError)
        error.message = error.message.replace(/: In scope SELECT formatQuerySingleLine\(.*/s, "");
      throw error;
    }
  }

  private whatIsOutside(): Promise<Outside> {
    this.outside ??= this.askWhatIsOutside().catch((error) => {
      this.outside = undefined;
      throw error;
    });
    return this.outside;
  }

  /** The engine's own lists, so that what a later one adds is refused. */
  private async askWhatIsOutside(): Promise<Outside> {
    const names = async (query: string) =>
      (await this.connection.raw(`${query} FORMAT TSVRaw`)).toString("utf8").trim().split("\n");
    const calls = await names(
      "SELECT name FROM system.table_functions UNION ALL SELECT name FROM system.table_engines",
    );
    const inside = lower([...words(TABLE_FUNCTIONS), ...TABLE_ENGINES]);
    // Two of them have the name of an engine that is allowed.
    for (const name of lower(words(TEXT_FUNCTIONS))) inside.delete(name);
    const texts = "WHERE type IN ('String', 'Map', 'URI', 'Dialect')";
    const settings = await names(
      `SELECT name FROM system.settings ${texts} UNION ALL SELECT name FROM system.merge_tree_settings ${texts}`,
    );
    const harmless = new Set(words(TEXT_SETTINGS));
    return {
      calls: new Set([...lower(calls)].filter((name) => !inside.has(name))),
      settings: new Set([
        ...settings.filter((name) => !harmless.has(name)),
        // They let the rows of VALUES be computed: see `insertRows`.
        "input_format_values_interpret_expressions",
        "input_format_values_deduce_templates_of_expressions",
      ]),
    };
  }
}

const SCALARS = lower(words(FUNCTIONS));

function refuseOutside(printed: string, tokens: readonly Token[], outside: Outside): void {
  if (!KINDS.test(printed)) throw refused(/^[A-Z ]*/.exec(printed)?.[0].trim() ?? printed);
  const isDefinition = /^(CREATE|REPLACE|ATTACH)\b/.test(printed);
  let isSetting = false;
  tokens.forEach((token, i) => {
    if (token.kind !== "word" && token.kind !== "quoted") return;
    const [before, next, afterNext] = [tokens[i - 1], tokens[i + 1], tokens[i + 2]];
    const name = token.text.toLowerCase();
    const isName = is(before, ".", "INTO") || is(next, ".");
    if (!isName && is(next, "(") && (outside.calls.has(name) || SCALARS.has(name))) {
      if (!isPattern(tokens, i)) throw refused(`${token.text}(…)`);
    }
    // subtle: arrayMap and APPLY take a function by its bare name. What is declared or a table is none.
    const isDeclared = token.kind === "quoted" && next?.kind === "word";
    if (SCALARS.has(name) && !isName && !isDeclared && !is(before, "FROM", "JOIN", "TABLE"))
      throw refused(`${token.text}, a function's name (write the column as t.${token.text})`);
    if (token.kind !== "word") return;
    if (is(token, "Identifier") && is(before, ":") && !isNamePlace(tokens, i)) {
      const given = `{${tokens[i - 2]?.text}:Identifier}`;
      throw refused(`${given}, which may be a function's name (write a column as t.${given})`);
    }
    if (is(token, "OUTFILE") && is(before, "INTO") && !is(tokens[i - 2], "INSERT"))
      throw refused("INTO OUTFILE");
    if (is(token, "INFILE") && is(before, "FROM") && next?.kind !== "word")
      throw refused("FROM INFILE");
    if (isDefinition && is(token, "FROM") && next?.kind === "string") throw refused("FROM a path");
    if (isDefinition && is(token, "ENGINE") && is(next, "=")) {
      const engine = afterNext?.text ?? "";
      if (!ENGINES.has(engine)) throw refused(`ENGINE = ${engine}`);
    }
    if (isSetting && is(next, "=") && outside.settings.has(token.text))
      throw refused(`the setting ${token.text}`);
    if (is(token, "SETTINGS", "SETTING", "SET")) isSetting = true;
  });
}

/** Whether a call is of the function `format('{} …', …)`, not of the table function: no format's name has a brace. */
function isPattern(tokens: readonly Token[], call: number): boolean {
  const [name, , text, next] = tokens.slice(call, call + 4);
  const hasBrace = text?.kind === "string" && text.text.includes("{");
  return name?.text.toLowerCase() === "format" && hasBrace && is(next, ",", ")");
}

/** Whether `{x:Identifier}` can only name a table, a database, or a column of one. */
function isNamePlace(tokens: readonly Token[], type: number): boolean {
  const before = tokens[type - 4];
  const places = [".", "FROM", "JOIN", "INTO", "TABLE", "VIEW", "DATABASE", "EXISTS", "USE"];
  return is(before, ...places) || is(tokens[type + 2], ".");
}

const is = (token: Token | undefined, ...texts: string[]) =>
  token !== undefined && token.kind !== "quoted" && texts.includes(token.text);

function refused(what: string): ClickHouseHttpError {
  return new ClickHouseHttpError(
    497,
    "ACCESS_DENIED",
    `What reaches files, programs or addresses outside of the store is refused here: ${what}. ` +
      "`npm run up -- --allow-outside` allows it",
  );
}

/** The format of an INSERT's rows; undefined for an INSERT of what a SELECT answers, and for all else. */
function rowsOf(printed: string, tokens: readonly Token[]): string | undefined {
  if (!printed.startsWith("INSERT INTO ")) return undefined;
  const [keyword, format] = tokens.slice(-2);
  let depth = 0;
  for (const { kind, text } of tokens) {
    if (kind === "sign" && text === "(") depth++;
    if (kind === "sign" && text === ")") depth--;
    if (depth === 0 && kind === "word" && (text === "SELECT" || text === "WITH")) return undefined;
  }
  return keyword?.text === "FORMAT" ? format?.text : undefined;
}
