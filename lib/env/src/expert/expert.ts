import type { Env } from "../env";
import { type AnyInstruction, remainingOrders } from "../missions/instructions";
import { NoPlanError } from "../world/errors";
import { type ActionIndex, type ActionName, actions, type Scene } from "../world/scene";
import { Planner } from "./planner";

export { NoPlanError };

/**
 * An expert that sees the whole world: a yardstick for agents, and a source of demonstrations.
 *
 * It plans by the shortest route. Where the way to an instruction's objects is free, all that remains of the
 * mission up to the next drop is one search, over every choice of objects and order, and the plan is the
 * shortest there is for it. Otherwise it gets rid of the first obstacle on the cheapest way, by key, by hand
 * or by opening a box, and plans again.
 *
 * @example
 * const env = make("BabyAI-BossLevel-v0");
 * env.reset({ seed: 1 });
 * const expert = new Expert(env);
 * while (!env.terminated && !env.truncated) env.step(expert.act());
 */
export class Expert {
  private plan: ActionIndex[] = [];
  private foreseen: Scene | null = null;
  private mission: AnyInstruction | null = null;

  constructor(private readonly env: Env) {}

  /**
   * The next action. Ask at any time, even after other actions than it advised.
   * @throws NoPlanError
   */
  act(): ActionName {
    const { env } = this;
    let [action, ...rest] = this.isAsForeseen() ? this.plan : [];
    if (action === undefined) {
      this.mission = env.instruction;
      this.foreseen = env.world.copy();
      [action, ...rest] = planAhead(env.world.copy(), env.instruction);
    }
    this.plan = rest;
    this.foreseen?.act(action);
    return actions[action];
  }

  private isAsForeseen(): boolean {
    const { foreseen } = this;
    const { world } = this.env;
    return (
      foreseen !== null &&
      this.mission === this.env.instruction &&
      foreseen.agentCell === world.agentCell &&
      foreseen.agentDir === world.agentDir &&
      foreseen.carrying === world.carrying &&
      foreseen.grid.cells[foreseen.frontCell] === world.grid.cells[world.frontCell]
    );
  }
}

/** Actions towards the mission's end. */
function planAhead(scene: Scene, mission: AnyInstruction): [ActionIndex, ...ActionIndex[]] {
  const planner = new Planner(scene, mission);
  const orders = remainingOrders(mission);
  const free = planner.cheapest(
    orders.flatMap((order) => planner.legs.forClauses(order)),
    false,
  );
  if (free !== null) {
    const [first = planner.wait(), ...rest] = free.route.actions;
    return [first, ...rest];
  }
  planner.makeWay(planner.firstClauses());
  const [first, ...rest] = planner.done;
  if (first === undefined) throw new NoPlanError("There is no way to complete the mission.");
  return [first, ...rest];
}
