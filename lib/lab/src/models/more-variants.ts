// Variants that are made after those of an example in config/examples, as text, so that comments stay.

/** The table of the example's variant with this prompt. */
function paragraph(example: string, prompt: string): string {
  const start = example.indexOf(`[functions.act.variants."my-model_${prompt}"]`);
  const [found = ""] = example.slice(start).split("\n\n");
  return found.trimEnd();
}

/** `vision` and `vision_history`: `baseline` and `history`, with pictures. */
export function visionVariants(example: string): string[] {
  const like = (given: string, name: string, captions: readonly string[]) => {
    const templates = captions.map(
      (caption) => `templates.${caption}.path = "../functions/act/${name}/${caption}.minijinja"\n`,
    );
    return paragraph(example, given)
      .replace(`my-model_${given}"`, `my-model_${name}"`)
      .replaceAll(`/act/${given}/`, `/act/${name}/`)
      .replace(/^user_template = .*\n/m, (line) => line + templates.join(""));
  };
  return [
    like("baseline", "vision", ["picture"]),
    like("history", "vision_history", ["picture", "past_picture"]),
  ];
}

/** Tokens of a judge's reasons and choice. */
const JUDGE_TOKENS = 1000;

/** `in_context`, `best_of_n` and `mixture_of_n`, with the settings of `history`. */
export function composedVariants(example: string): string[] {
  const history = paragraph(example, "history");
  const settings = history.replace(/^.*\ntype = .*\n/, "");
  const timeouts = /^timeouts = .*$/m.exec(settings)?.[0] ?? "";
  const nested = settings.replace(/^timeouts = .*\n?/m, "").trimEnd();
  const table = (name: string, type: string, ...lines: string[]) =>
    [`[functions.act.variants."my-model_${name}"]`, `type = "experimental_${type}"`, ...lines].join(
      "\n",
    );
  // At the temperature 0 one prompt has one answer, however often it is asked.
  const prompts = /^temperature = 0$/m.test(settings)
    ? [...example.matchAll(/^\[functions\.act\.variants\."my-model_(\w+)"\]/gm)].map(
        ([, name]) => name,
      )
    : ["history", "history", "history"];
  const candidates = `candidates = [${prompts.map((name) => `"my-model_${name}"`).join(", ")}]`;
  const judge = nested.replace(/^max_tokens = (\d+)/m, (line, tokens) =>
    Number(tokens) < JUDGE_TOKENS ? `max_tokens = ${JUDGE_TOKENS}` : line,
  );
  return [
    "# Three that are chosen by name, never by default. Shown the examples that lab.teach has stored for it:",
    table(
      "in_context",
      "dynamic_in_context_learning",
      'embedding_model = "hashed_words"',
      "k = 5",
      settings.replace(/^(system|user)_template = .*\n/gm, ""),
    ),
    "# The model judges several of its answers, and the best counts:",
    table("best_of_n", "best_of_n_sampling", candidates, timeouts),
    `[functions.act.variants."my-model_best_of_n".evaluator]\n${judge}`,
    "# The model makes one answer of several:",
    table("mixture_of_n", "mixture_of_n", candidates, timeouts),
    `[functions.act.variants."my-model_mixture_of_n".fuser]\n${nested}`,
  ];
}
