import { hindsight, make, tasks, testTasks } from "babyai";
import { at } from "../basics/at";
import type { Trajectory } from "../queries/trajectories";
import { ExamplesError } from "./examples-error";

/**
 * The episode as it would have been, had each mission that it fulfilled been given, and had it gone there straight: the world is played
 * again. What was thought is left out, since it was about another mission.
 *
 * @throws ExamplesError its task is none of the five or the test tasks
 */
export function inHindsight(episode: Trajectory): Trajectory[] {
  const { task, seed } = episode;
  if (![...tasks, ...testTasks].includes(task))
    throw new ExamplesError(
      `hindsight is true, but the missions of ${task} are not listed: name tasks or test tasks in where.task, or leave hindsight out`,
    );
  const env = make(task);
  const played = episode.steps.map((step) => step.played);
  return hindsight(task, seed, played).map(({ mission, kept }) => {
    let { observation } = env.reset({ seed, mission });
    const steps = kept.map((place) => {
      const { inference_id, played } = at(episode.steps, place);
      const answered = { answer: "", action: played, thinking: null };
      const { text } = observation;
      ({ observation } = env.step(played));
      return { inference_id, observation: text, answered, played, demonstrated: null };
    });
    return {
      ...episode,
      isDemonstration: false,
      form: null,
      success: true,
      episode_return: env.reward,
      invalid_actions: 0,
      mission: env.mission,
      steps,
    };
  });
}
