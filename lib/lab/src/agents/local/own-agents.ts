import { createHash } from "node:crypto";
import { join } from "node:path";
import type { TomlFile } from "embedded-gateway";
import { root } from "../../project/root";
import { ModelFunctionError, type ModelFunctions } from "./own-models";
import { promptTexts } from "./reading/prompt";

/** What an agent of one's own is asked: what a language model would read in its prompt, and no more. */
export interface AgentTurn {
  /** Steps taken before it. */
  step: number;
  mission: string;
  observation: { text: string };
  /** The latest turns, oldest first: from `historyLength` to nearly twice as many. */
  past: readonly { observation: string; action: string }[];
}

/**
 * An agent as a function: a turn in, an action out, at once or later, as `{ action }` or by its name. What is none of the six
 * counts as an invalid answer. What it throws fails the inference.
 */
export type AgentFunction = (turn: AgentTurn) => unknown;

/** Agents by the names that a run has for them. */
export type AgentFunctions = Readonly<Record<string, AgentFunction>>;

/** What the models of agents are called: "agent:mine@1f2e3d4c", with the beginning of the SHA-256 of the function's source. */
const PREFIX = "agent:";

/** Whether a model, by its name, is an agent that was given to a run; they cost nothing. */
export function isOwnAgent(model: string): boolean {
  return model.startsWith(PREFIX);
}

function modelOf(name: string, agent: AgentFunction): string {
  if (typeof agent !== "function")
    throw new ModelFunctionError(
      `agents.${name} is no function of a turn that returns an action: for an object with act(turn), give (turn) => it.act(turn).`,
    );
  const source = createHash("sha256").update(String(agent)).digest("hex");
  return `${PREFIX}${name}@${source.slice(0, 8)}`;
}

/** @throws ModelFunctionError there is none, or its name cannot stand in a list */
export function checkAgents(agents: AgentFunctions): void {
  const names = typeof agents === "object" && agents !== null ? Object.keys(agents) : [];
  if (names.length === 0)
    throw new ModelFunctionError(
      `agents is ${JSON.stringify(agents)}: name at least one function, as in agents: { mine: ({ step }) => "go forward" }.`,
    );
  const odd = names.find((name) => name.trim() === "" || /\p{Cc}|\p{Zl}|\p{Zp}|::/u.test(name));
  if (odd !== undefined)
    throw new ModelFunctionError(
      `agents has the name ${JSON.stringify(odd)}: a name is one line with something in it, and without "::".`,
    );
}

/** The agents as models, which are asked with the prompt of the history variants. @throws ModelFunctionError */
export function agentModels(agents: AgentFunctions): ModelFunctions {
  return Object.fromEntries(
    Object.entries(agents).map(([name, agent]) => [
      modelOf(name, agent),
      async (messages) => {
        const { mission, observation, turns } = promptTexts(messages);
        const [, last = "0"] =
          messages
            .map(({ content }) => content)
            .join("\n")
            .match(/[\s\S]*\nTurn (\d+)\. You saw:/) ?? [];
        const past = turns.map(({ saw, did }) => ({ observation: saw.trimEnd(), action: did }));
        const turn = { step: Number(last), mission, observation: { text: observation.trimEnd() } };
        const answer = await agent({ ...turn, past });
        return JSON.stringify(typeof answer === "string" ? { action: answer } : (answer ?? {}));
      },
    ]),
  );
}

/** A variant for each agent, as a file of the configuration. */
export function agentVariants(agents: AgentFunctions): TomlFile[] {
  const template = (role: string) =>
    JSON.stringify(join(root, "config", "functions", "act", "history", `${role}.minijinja`));
  return Object.entries(agents).map(([name, agent]) => ({
    path: "lab.evaluate({ agents })",
    text: [
      `[functions.act.variants.${JSON.stringify(name)}]`,
      'type = "chat_completion"',
      `model = ${JSON.stringify(modelOf(name, agent))}`,
      `system_template = ${template("system")}`,
      `user_template = ${template("user")}`,
      'json_mode = "on"',
    ].join("\n"),
  }));
}
