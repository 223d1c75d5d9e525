import { testTasks, tasks as trainTasks } from "babyai";

const ofTrain = trainTasks.map((id) => [id.slice(id.indexOf("/") + 1), [id]] as const);

/** What names stand for. No id is among them: ids have a version. */
const NAMES: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ["train", trainTasks],
  ["test", testTasks],
  ...ofTrain,
]);

/** "train", "test", "goto", … */
export const taskNames: readonly string[] = [...NAMES.keys()];

/** The environments that are meant by ids, by the names of BALROG's five ("goto") or by those of a split ("train", "test"). */
export function taskIds(names: readonly string[]): string[] {
  return names.flatMap((name) => NAMES.get(name) ?? [name]);
}

/** Tests whether a stored task is meant by one of the names; rows of others' may have a name itself. */
export function isTaskOf(names: readonly string[]): (task: string) => boolean {
  const meant = new Set([...names, ...taskIds(names)]);
  return (task) => meant.has(task);
}
