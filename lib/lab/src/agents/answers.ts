import { oneLine } from "embedded-gateway";
import type { InvalidReason } from "./parse";

/** A variant's answers in one sitting of a run, of which at least one was no valid action. */
export interface InvalidCount {
  variant: string;
  answers: number;
  invalid: number;
  /** Why most of the invalid ones were. */
  reason: InvalidReason;
  /** All of them were for that reason. */
  isOnlyReason: boolean;
  /** The beginning of the first one with that reason, as one line; empty when the model said nothing. */
  example: string;
}

/** After this many answers of a variant it is clear whether the model can do what is asked. */
const JUDGED_AFTER = 20;

/** Characters of an example: enough to see a code fence, or how a refusal begins. */
const EXAMPLE_LENGTH = 60;

/**
 * Counts the answers that were no valid action, so that a model that was prompted wrongly is not taken for a bad one.
 */
export class Answers {
  /** Of all variants. */
  total = 0;
  private readonly variants = new Map<string, VariantAnswers>();

  /** @param warn called once for a variant most of whose first answers are invalid */
  constructor(private readonly warn: (text: string) => void) {}

  add(variant: string, answer: string | null, reason: InvalidReason | null): void {
    let counted = this.variants.get(variant);
    if (counted === undefined) {
      counted = { answers: 0, invalid: 0, reasons: new Map() };
      this.variants.set(variant, counted);
    }
    this.total += 1;
    counted.answers += 1;
    if (reason !== null) {
      counted.invalid += 1;
      const known = counted.reasons.get(reason);
      if (known !== undefined) known.count += 1;
      else {
        const example = oneLine(answer ?? "", EXAMPLE_LENGTH);
        counted.reasons.set(reason, { count: 1, example });
      }
    }
    if (counted.answers === JUDGED_AFTER && counted.invalid > JUDGED_AFTER / 2)
      this.warn(warning(countOf(variant, counted)));
  }

  /** A variant's answers so far, and how many of them were no valid action. */
  of(variant: string): Pick<InvalidCount, "answers" | "invalid"> {
    const { answers, invalid } = this.variants.get(variant) ?? { answers: 0, invalid: 0 };
    return { answers, invalid };
  }

  /** The variants with invalid answers, that with the largest share first. */
  get invalid(): InvalidCount[] {
    return [...this.variants]
      .filter(([, { invalid }]) => invalid > 0)
      .map(([variant, counted]) => countOf(variant, counted))
      .sort((a, b) => b.invalid / b.answers - a.invalid / a.answers);
  }
}

interface VariantAnswers {
  answers: number;
  invalid: number;
  reasons: Map<InvalidReason, { count: number; example: string }>;
}

function countOf(variant: string, { answers, invalid, reasons }: VariantAnswers): InvalidCount {
  const byCount = [...reasons].sort(([, a], [, b]) => b.count - a.count);
  const [reason, { example }] = byCount[0] as (typeof byCount)[0];
  return { variant, answers, invalid, reason, isOnlyReason: reasons.size === 1, example };
}

/** Such as: 128 of 128 answers of baseline were no valid action: not JSON, e.g. "```json". */
export function describeInvalid(count: InvalidCount): string {
  const { variant, answers, invalid, reason, isOnlyReason, example } = count;
  const said = example === "" ? "" : `, e.g. "${example}"`;
  return `${invalid} of ${answers} answers of ${variant} were no valid action: ${isOnlyReason ? "" : "mostly "}${reason}${said}`;
}

function warning(count: InvalidCount): string {
  return `${describeInvalid(count)}. Each was played as "go forward". ${remedy(count)}`;
}

function remedy({ variant, reason }: InvalidCount): string {
  const json =
    'Expected is a JSON object, without anything around it, such as {"action": "turn left"}. ';
  switch (reason) {
    case "cut off by the token limit":
      return `Give ${variant} a larger max_tokens under config/.`;
    case "empty":
      return `Expected is what the templates of ${variant} under config/ ask for. Does the model think until its max_tokens?`;
    case "not an action alone":
      return `Expected is one of the six actions, to the letter, in the form that the last template of ${variant} under config/ asks for. That a model does not keep to it counts against it at BALROG, too.`;
    default:
      return `${json}Under config/, give ${variant} json_mode = "strict" (if it has that, its server ignores it) or a template that asks for just this.`;
  }
}
