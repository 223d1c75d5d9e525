import type { ActionName } from "babyai";
import type { InputMessage } from "../../connection/client";
import type { Dialogue } from "../gateway-agent";
import { DEFAULT_ACTION } from "../parse";
import type { Turn } from "../play";
import type { Conversation } from "../prompt";
import { type FormAnswer, readFormAnswer } from "./answer";
import { BALROG_SETTINGS, type Form } from "./forms";

/** An episode that another played, to learn from. */
export interface Demonstration {
  /** One more than actions: the last is what they led to. */
  observations: readonly string[];
  actions: readonly ActionName[];
}

/** The expert's stored episodes that few_shot agents of a run are shown. */
export interface Demonstrated {
  /** As `lab.demonstrate` gave it. */
  id: string;
  /** By task, in the order of seeds. */
  episodes: ReadonlyMap<string, readonly (Demonstration & { seed: number })[]>;
}

/** What of a turn is told. */
interface AskedTurn extends Pick<Turn, "mission"> {
  observation: Pick<Turn["observation"], "text">;
}

type Event =
  | { kind: "observation"; text: string; defaultedTo: ActionName | null }
  | { kind: "action"; text: string; plan: string | null };

/** Observations and actions together. */
const MOST_EVENTS = 2 * BALROG_SETTINGS.max_text_history;

/**
 * An episode as a conversation of BALROG's structure, in words of this project's own (the templates of config/functions/act_in_chat):
 * no system message; the instruction, then observations (user) and answers (assistant) in turn, the last 32 of them. An
 * answer is shown as its {@link FormAnswer.candidate}, valid or not, and not at all when that is empty, as BALROG has it; after an
 * invalid one the next observation says what was played. Of an agent of the form cot the last answer is shown whole, as its plan.
 * The last message is rendered by the template that has the form's name.
 *
 * Source: balrog-ai/BALROG at af7d1f1, balrog/prompt_builder/history.py and balrog/agents.
 */
export class BalrogLikeDialogue implements Dialogue {
  private readonly events: Event[] = [];
  private readonly demonstration: Demonstration | null;
  private answer: FormAnswer | null = null;

  /** @param demonstration what few_shot is shown */
  constructor(
    private readonly form: Form,
    demonstration: Demonstration | null = null,
  ) {
    this.demonstration = form === "few_shot" ? demonstration : null;
  }

  ask({ mission, observation }: AskedTurn): Conversation {
    if (this.answer?.candidate) {
      for (const event of this.events) if (event.kind === "action") event.plan = null;
      const plan = this.form === "cot" ? this.answer.thinking : null;
      this.events.push({ kind: "action", text: this.answer.candidate, plan });
    }
    const defaultedTo = this.answer?.invalid ? DEFAULT_ACTION : null;
    this.events.push({ kind: "observation", text: observation.text, defaultedTo });
    this.events.splice(0, this.events.length - MOST_EVENTS);
    return { messages: [...this.opening(mission), ...this.history()] };
  }

  read(content: string | null, cutOff: boolean): FormAnswer {
    this.answer = readFormAnswer(this.form, content, cutOff);
    return this.answer;
  }

  private opening(mission: string): InputMessage[] {
    if (this.demonstration === null)
      return [user("instruction", { mission, demonstrations: false })];
    const { observations, actions } = this.demonstration;
    return [
      user("instruction", { mission, demonstrations: true }),
      user("demonstration", { edge: "start", number: 1 }),
      ...observations.flatMap((observation, i) => [
        user("observation", { observation, defaulted_to: null }),
        ...actions.slice(i, i + 1).map((action) => assistant(action)),
      ]),
      user("demonstration", { edge: "end", number: 1 }),
      user("your_turn", {}),
    ];
  }

  private history(): InputMessage[] {
    const last = this.events.length - 1;
    let later = this.events.filter(({ kind }) => kind === "observation").length;
    return this.events.map((event, i) => {
      if (event.kind === "action") {
        const { text, plan } = event;
        // A model's half emoji is no text that a gateway takes.
        if (plan === null) return assistant(text.toWellFormed());
        const args = { plan: plan.toWellFormed() };
        return { role: "assistant", content: { template: "plan", arguments: args } };
      }
      const isShown = later-- <= BALROG_SETTINGS.max_text_history;
      return user(i === last ? this.form : "observation", {
        observation: isShown ? event.text : null,
        defaulted_to: isShown ? event.defaultedTo : null,
      });
    });
  }
}

function user(template: string, args: Record<string, unknown>): InputMessage {
  return { role: "user", content: { template, arguments: args } };
}

function assistant(content: string): InputMessage {
  return { role: "assistant", content };
}
