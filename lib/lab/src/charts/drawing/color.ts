import { at } from "../../basics/at";

/**
 * The first seven are those of Okabe & Ito (2008), "Color Universal Design", without its yellow, which is too light on white, and with
 * a violet in place of its black, which is the expert's.
 */
const KNOWN: Readonly<Record<string, string>> = {
  random: "#0072b2",
  baseline: "#cc79a7",
  reasoning: "#56b4e9",
  history: "#d55e00",
  history_and_reasoning: "#7b4fb5",
  rule_based: "#e69f00",
  rule_based_history: "#009e73",
  student: "#a3361f",
  learner: "#a3361f",
  nearest_example: "#007424",
  in_context: "#5685ad",
  best_of_n: "#72644c",
  mixture_of_n: "#789f70",
};

/** The prompts of a model's variants, by kind. The colors of a kind lie evenly around the circle of hues. */
const PROMPTS = [
  ["baseline", "compact", "history", "reasoning", "history_and_reasoning"],
  ["naive", "cot", "robust_naive", "robust_cot", "few_shot"].map((form) => `balrog_like_${form}`),
  ["vision", "vision_history"],
  ["in_context", "best_of_n", "mixture_of_n"],
];
/** Degrees that each kind is turned by from the one before: half of what lies between two prompts. */
const TURN = 36;

const LIGHTNESS = [0.54, 0.64, 0.74] as const;

/**
 * A variant's color, by its name alone: the same in every chart, whatever stands beside it. Those of the project's config
 * have one of their own; any other has a hue and a lightness that its model's name draws, and its prompt turns the hue, so
 * that the variants of one model are always told apart.
 *
 * @example
 * variantColor("random") === variantColor("random"); // true
 * variantColor("random") === variantColor("rule_based"); // false
 */
export function variantColor(variant: string): string {
  const known = Object.hasOwn(KNOWN, variant) ? KNOWN[variant] : undefined;
  if (known !== undefined) return known;
  const isOf = (prompt: string) => variant === prompt || variant.endsWith(`_${prompt}`);
  // The longest: reasoning ends history_and_reasoning, too.
  const [prompt = ""] = PROMPTS.flat()
    .filter(isOf)
    .sort((a, b) => b.length - a.length);
  const kind = Math.max(
    0,
    PROMPTS.findIndex((prompts) => prompts.includes(prompt)),
  );
  const prompts = PROMPTS[kind] ?? [];
  const drawn = hash(variant.slice(0, variant.length - prompt.length).replace(/_$/, ""));
  const place = Math.max(0, prompts.indexOf(prompt));
  const hue = (drawn % 360) + (360 / prompts.length) * place + TURN * kind;
  return oklch(at(LIGHTNESS, ((drawn >>> 16) + Math.min(kind, 2)) % 3), 0.14, hue);
}

/**
 * FNV-1a, 32 bits (Fowler, Noll & Vo, 1991), with the finish of MurmurHash3: names that differ in a letter lie far apart. The
 * offset is one by which the variants in config and data/results have colors that are told apart.
 */
function hash(text: string): number {
  let value = 0x86327c4f;
  for (const character of text) {
    value = Math.imul(value ^ character.codePointAt(0)!, 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

/**
 * Lightness 0 to 1, chroma and hue in degrees as sRGB, "#rrggbb": hues of one lightness look equally light. Channels beyond
 * sRGB are cut off. Source of the matrices: Ottosson (2020), "A perceptual color space for image processing".
 */
function oklch(lightness: number, chroma: number, hue: number): string {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  const channels = linear.map((light) => {
    const part = Math.min(1, Math.max(0, light));
    const encoded = part <= 0.0031308 ? 12.92 * part : 1.055 * part ** (1 / 2.4) - 0.055;
    return Math.round(255 * encoded)
      .toString(16)
      .padStart(2, "0");
  });
  return `#${channels.join("")}`;
}
