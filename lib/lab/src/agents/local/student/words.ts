/** Runs of up to so many words are features. */
const LONGEST = 3;

/** The words of a text: letters and digits, in small letters. */
function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
}

/** The runs of words that begin at each word, the first of them one word long. */
function runsOf(words: readonly string[]): string[][] {
  return words.map((_, first) =>
    words.slice(first, first + LONGEST).map((_, i, part) => part.slice(0, i + 1).join(" ")),
  );
}

/**
 * A mission, and what is read in a line beside it. Nothing is known of the game: features are runs of up to three words, and
 * which runs of a line stand in the mission, too, and where. The latter is what question answering calls exact match
 * (Chen et al. 2017, "Reading Wikipedia to Answer Open-Domain Questions", section 3.2).
 */
export class MissionWords {
  readonly features: readonly string[];
  /** At which of the mission's words each run begins. */
  private readonly places = new Map<string, number[]>();

  constructor(mission: string) {
    const runs = runsOf(wordsOf(mission));
    this.features = ["mission", ...runs.flat().map((run) => `mission: ${run}`)];
    for (const [place, begun] of runs.entries())
      for (const run of begun) this.places.set(run, [...(this.places.get(run) ?? []), place]);
  }

  featuresOf(line: string): string[] {
    return runsOf(wordsOf(line))
      .flat()
      .flatMap((run) => {
        const places = this.places.get(run) ?? [];
        const { length } = run.split(" ");
        return [run, ...places.map((place) => `mission's ${length} words from ${place}`)];
      });
  }
}

/** What was done before a turn; null before the first that is shown. */
export function actionFeature(action: string | null): string {
  return `did: ${action === null ? "nothing yet" : wordsOf(action).join(" ")}`;
}
