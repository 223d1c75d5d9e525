import { createHash } from "node:crypto";
import type { ActionName } from "babyai";
import { publishedEntries, publishedEpisodes } from "../../../analysis/published/episodes";
import type { InputMessage } from "../../../connection/client";
import { DEFAULT_ACTION } from "../../parse";
import { BalrogLikeDialogue } from "../dialogue";
import { type Form, forms } from "../forms";

/** A recorded episode of BALROG's leaderboard, by what its model answered. */
export interface Recorded {
  entry: string;
  task: string;
  seed: number;
  actions: readonly (ActionName | null)[];
}

/** What BALROG is asked, see structure.py. */
export interface Job {
  form: Form;
  answers: string[];
  /** Steps of the episode that few_shot is shown. */
  demonstrated: number;
}

/** 100 episodes with answers that were no action, and 100 others, all of more than sixteen steps where there are enough of them. */
export function recordedEpisodes(): Recorded[] {
  const all = publishedEntries()
    .flatMap((entry) => publishedEpisodes(entry))
    .flatMap(({ run: entry, task, seed, actions, num_dists }) =>
      actions === null || num_dists !== 0 ? [] : [{ entry, task, seed, actions }],
    );
  const hasInvalid = ({ actions }: Recorded) => actions.includes(null);
  const isLong = ({ actions }: Recorded) => actions.length > 16;
  const [invalid, valid] = [all.filter(hasInvalid), all.filter((one) => !hasInvalid(one))].map(
    (some) => some.toSorted((a, b) => Number(isLong(b)) - Number(isLong(a))),
  );
  return [...(invalid ?? []).slice(0, 100), ...(valid ?? []).slice(0, 100)];
}

/** How a model that answers in the form would have said the actions. What was no action is put in several ways, by turns. */
export function jobOf(form: Form, { actions }: Recorded): Job {
  const answers = actions.map((action, step) =>
    action === null ? INVALID[form][step % 4]! : said(form, action, step),
  );
  return { form, answers, demonstrated: 1 + (actions.length % 7) };
}

function said(form: Form, action: ActionName, step: number): string {
  const thought = `Step ${step}: I see <things>, so…\n`;
  if (form === "cot") return `${thought}ACTION: ${action}.\n`;
  if (form === "robust_cot") return `${thought}<|ACTION|> ${action} <|END|>`;
  if (form === "robust_naive") return step % 2 ? action : `<|ACTION|>${action}<|END|>`;
  return step % 2 ? ` ${action}.\n` : action;
}

const INVALID: Record<Form, readonly string[]> = {
  naive: ["Turn left", "", "1 2!", "I go forward"],
  few_shot: ["Turn left", "", "1 2!", "I go forward"],
  cot: ["I am lost.", "", "Lost. ACTION: ", "ACTION: jump\u00a0ACTION:\u001c drop it"],
  robust_naive: ["I am lost.", "", "<|ACTION|> <|END|>", "<|ACTION|>Toggle<|END|>"],
  robust_cot: ["I am lost.", "", "<|ACTION|> <|END|>", "<|END|>drop<|ACTION|>"],
};

/**
 * The messages that each turn of a job is asked with here, a line a turn: "observation 3" (shown as a past one), "observation" (its label
 * alone), "current 4" (the last), each "after invalid" where it tells of an answer that was none; "action=…" and "plan=…"
 * as the model's own words; "instruction", or "instruction to learn" before "start 1", an episode and "end 1"; "your turn".
 */
export function structure({ form, answers, demonstrated }: Job): string[][] {
  const dialogue = new BalrogLikeDialogue(form, {
    observations: Array.from({ length: demonstrated + 1 }, (_, i) => `${i}`),
    actions: Array(demonstrated).fill("turn left"),
  });
  return answers.map((answer, step) => {
    const asked = dialogue.ask({ mission: "m", observation: { text: `${step}` } });
    dialogue.read(answer, false);
    return asked.messages.map(({ role, content }) => token(role, content, form));
  });
}

function token(role: string, content: InputMessage["content"], form: Form): string {
  if (typeof content === "string") {
    return `action=${content === "no action between the tags" ? "none" : content}`;
  }
  const { template, arguments: args } = content;
  const { observation, defaulted_to, plan, demonstrations, edge, number } = args as Record<
    string,
    unknown
  >;
  const told = defaulted_to === DEFAULT_ACTION ? " after invalid" : "";
  const name = template === form ? "current" : template;
  if (name === "plan" && role === "assistant") return `plan=${plan}`;
  if (role !== "user") return `${role}?`;
  if (name === "instruction") return demonstrations ? "instruction to learn" : name;
  if (name === "demonstration") return `${edge} ${number}`;
  if (name === "your_turn") return "your turn";
  return observation === null ? name : `${name} ${observation}${told}`;
}

/** Names the messages of all turns. */
export function fingerprint(lines: readonly (readonly string[])[]): string {
  return createHash("sha256").update(JSON.stringify(lines)).digest("hex").slice(0, 12);
}

/** Of all recorded episodes, by form. */
export function fingerprints(read: (jobs: Job[]) => string[][][]): Record<Form, string> {
  const episodes = recordedEpisodes();
  const of = (form: Form) =>
    read(episodes.map((one) => jobOf(form, one)))
      .map(fingerprint)
      .join(" ");
  return Object.fromEntries(forms.map((form) => [form, of(form)])) as Record<Form, string>;
}
