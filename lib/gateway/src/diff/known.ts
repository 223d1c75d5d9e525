import type { Difference } from "./compare";

/** A difference from TensorZero's own gateway that is meant, or cannot be helped. */
export interface Known {
  /** The probes that show it, by their names; rows by what they belong to: `rows of <inference{name}>`. */
  probes: RegExp;
  /** Where, as in `Difference`. */
  at: RegExp;
  why: string;
}

const JUDGED = "(tools: best of n|stream: (best|mixture)|(openai )?variant: .*(best|mixture).*)";
const SHOWN = "(stream: in context|variant: .*(nearest|in context).*)";

/** Every difference that may be. One that no longer shows has to go from here, too. */
export const KNOWN: readonly Known[] = [
  // What stands between us and TensorZero's engine.
  {
    probes: /^(bad|input|params|tools|extra_body|json|cache)\b/,
    at: /^by$/,
    why: "TensorZero's Python client refuses the request before its engine sees it; so does ours, with the same status.",
  },
  {
    probes: /^(status|health)$/,
    at: /^by$/,
    why: "The package does not serve them; the Python file answers as TensorZero's server does.",
  },
  {
    probes: /^(variant: (down|best_of_failures|retried|all fail), raw)$/,
    at: /^body\.raw_response$/,
    why: "The client's errors lack what providers answered. Over OpenAI's route both have it.",
  },
  {
    probes: /^route: (GET \/inference|POST \/status)$/,
    at: /^status$/,
    why: "The package does not serve the route, so it knows no other method of it either.",
  },
  // What we do better on purpose.
  {
    probes: /\b(list: variant|variant: keyed, with the key)[}>]*$/,
    at: /\.(text|output|raw_response)$/,
    why: "A provider that repeats the key that it was sent: here the key is taken out of what is shown and stored.",
  },
  {
    probes: /^(openai )?answer: (no finish reason|parts)$/,
    at: /^status$/,
    why: "Servers answer so, and what they mean is plain. TensorZero refuses the whole answer.",
  },
  {
    probes: /^((openai )?stream: error (in the middle|at once)|answer: error with status 200)$/,
    at: /^body\.(\d+\.)?error/,
    why: "A provider's error in an answer that began well: here it is told; TensorZero tells that a field is missing.",
  },
  {
    probes: /^json: schema that is none$/,
    at: /^status$/,
    why: "A schema that is none is refused. TensorZero takes it, and nothing ever fits it.",
  },
  {
    probes: /\bopenai tools: history\b/,
    at: /(\.result|\.input|\.input_messages|\.raw_request)$/,
    why: "A tool's result that is text goes to the model as it is. TensorZero puts it in quotes, as JSON.",
  },
  {
    probes: /^input: bad: corrupt picture$/,
    at: /^status$/,
    why: "A corrupt picture is refused. TensorZero sends it to the model.",
  },
  {
    probes: /^input: bad: picture where nobody is$/,
    at: /^status$/,
    why: "A picture that cannot be fetched fails the inference before the model is asked. TensorZero asks it, and cannot store the picture.",
  },
  // What we lack.
  {
    probes: /^input: bad: PDF$/,
    at: /^status$/,
    why: "Files that are no pictures are refused by their type.",
  },
  // Words of libraries.
  {
    probes:
      /^((openai )?stream: no JSON|answer: (no JSON|empty body|array|no choices)|openai input: bad JSON)$/,
    at: /^body\.(\d+\.)?error/,
    why: "The JSON parser's own words.",
  },
  {
    probes: /^openai input: bad episode$/,
    at: /^body\.error/,
    why: "The UUID parser's own words.",
  },
  {
    probes: /^bad: demonstration$/,
    at: /^body\.error$/,
    why: "Of several things that do not fit a schema, the validators name different ones first.",
  },
  {
    probes: /^variant: unreachable/,
    at: /^body\.error$/,
    why: "The HTTP client's own words.",
  },
  // What JavaScript cannot write, or not without harm.
  {
    probes: /(params: whole numbers|good: chat with parameters)/,
    at: /\.(inference_params|raw_request)$/,
    why: "JavaScript writes the number 1.0 as 1.",
  },
  {
    probes: /stream: extra body of the provider/,
    at: /\.raw_request$/,
    why: "Where a key is deleted, TensorZero moves the body's last one into its place.",
  },
  {
    probes: /stream: json, tool/,
    at: /^ModelInference\.\d+\.output$/,
    why: "A streamed call of the tool that stands for the answer is stored as a call. TensorZero stores it as text.",
  },
  {
    probes: /nothing that was answered/,
    at: /^ModelInferenceCache\./,
    why: "Each gateway's entries of the cache have keys, and pieces of streams, in a form of its own.",
  },
  {
    probes: new RegExp(`^rows of <inference\\{${JUDGED}\\}>$`),
    at: /^ModelInference\.\d+\.(system|input_messages|raw_request)$/,
    why: "The prompts of judges and fusers say the same in other words.",
  },
  {
    probes: new RegExp(`^rows of <inference\\{${SHOWN}\\}>$`),
    at: /^ModelInference\.\d+\.(system|raw_request)$/,
    why: "The instructions of in-context learning say the same in other words.",
  },
];

/** The differences that are not in the list, and the entries of the list that showed no more. */
export function sift(
  differences: readonly Difference[],
  known: readonly Known[] = KNOWN,
): { others: Difference[]; stale: Known[] } {
  const shown = new Set<Known>();
  const others = differences.filter(({ probe, at }) => {
    const entry = known.find((it) => it.probes.test(probe) && it.at.test(at));
    if (entry !== undefined) shown.add(entry);
    return entry === undefined;
  });
  return { others, stale: known.filter((entry) => !shown.has(entry)) };
}
