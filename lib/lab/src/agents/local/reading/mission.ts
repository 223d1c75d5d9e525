import { UnreadablePrompt } from "./prompt-error";
import { type Color, colors, type Description, type Kind, kinds } from "./things";

/** What a mission asks for; "pick up then go to" is the only order of two that the five tasks know. */
export type Mission =
  | { kind: "go to"; target: Description }
  | { kind: "pick up"; target: Description }
  | { kind: "open"; door: Description }
  | { kind: "put next to"; move: Description; fixed: Description }
  | { kind: "pick up then go to"; pickUp: Description; goTo: Description };

const thing = (kindWords: readonly Kind[]): string =>
  `(?:the|an?) (?:(?:${colors.join("|")}) )?(?:${kindWords.join("|")})`;
const object = thing(kinds.filter((kind) => kind !== "door"));

const forms: [RegExp, (first: Description, second: Description) => Mission][] = [
  [new RegExp(`^go to (${object})$`), (target) => ({ kind: "go to", target })],
  [new RegExp(`^pick up (${object})$`), (target) => ({ kind: "pick up", target })],
  [new RegExp(`^open (${thing(["door"])})$`), (door) => ({ kind: "open", door })],
  [
    new RegExp(`^put (${object}) next to (${object})$`),
    (move, fixed) => ({ kind: "put next to", move, fixed }),
  ],
  [
    new RegExp(`^pick up (${object}),? then go to (${object})$`),
    (pickUp, goTo) => ({ kind: "pick up then go to", pickUp, goTo }),
  ],
  [
    new RegExp(`^go to (${object}) after you pick up (${object})$`),
    (goTo, pickUp) => ({ kind: "pick up then go to", pickUp, goTo }),
  ],
];

/**
 * Reads a mission of the five BALROG tasks.
 *
 * @throws UnreadablePrompt for any other mission
 */
export function parseMission(text: string): Mission {
  for (const [form, mission] of forms) {
    const [, first, second = first] = form.exec(text.trim()) ?? [];
    if (first && second) return mission(description(first), description(second));
  }
  throw new UnreadablePrompt(
    `The mission ${JSON.stringify(text)} is none that rule_based knows. It knows "go to X", "pick up X", ` +
      '"open X" (a door), "put X next to Y", "pick up X, then go to Y" and "go to Y after you pick up X", ' +
      'with X like "the red ball", "a box" or "the door".',
  );
}

function description(phrase: string): Description {
  const words = phrase.split(" ").slice(1);
  const kind = words.at(-1) as Kind;
  return words.length === 1 ? { kind } : { kind, color: words[0] as Color };
}
