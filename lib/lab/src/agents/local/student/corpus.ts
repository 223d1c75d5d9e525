import type { PromptTexts } from "../reading/prompt";
import { actionFeature, MissionWords } from "./words";

/** Features that the network has a row of weights for: those of lines and missions, and those of turns. */
export interface Vocabulary {
  lines: readonly string[];
  turns: readonly string[];
}

/** Lists of numbers behind each other: list i is items[starts[i]] … items[starts[i + 1] - 1]. */
export interface Ragged {
  items: Int32Array;
  starts: Int32Array;
}

/**
 * Sequences of turns as numbers. Prompts of one episode, each of which goes on where the one before ended, are one sequence: its turns
 * are read once for all of them.
 */
export interface Corpus {
  /** The turns of each sequence: `starts` of them alone, since they follow each other. */
  sequences: Int32Array;
  missionOfSequence: Int32Array;
  /** The lines of each turn; a line is one text with one mission. */
  turns: Ragged;
  /** The feature of turns that says what was done before it; -1 for one that the vocabulary does not have. */
  didBefore: Int32Array;
  /** The number of the action to take; -1 where none is given. */
  labels: Int32Array;
  missionOfLine: Int32Array;
  /** Features of each line. */
  lines: Ragged;
  /** Features of each mission, as lines have them and as turns have them. */
  missions: { lines: Ragged; turns: Ragged };
}

/** A list of numbers that grows. */
class Numbers {
  private array = new Int32Array(256);
  length = 0;

  push(number: number): void {
    if (this.length === this.array.length) {
      const larger = new Int32Array(this.length * 2);
      larger.set(this.array);
      this.array = larger;
    }
    this.array[this.length++] = number;
  }

  set(index: number, number: number): void {
    this.array[index] = number;
  }

  /** In memory that threads can share. */
  toArray(): Int32Array {
    const array = new Int32Array(new SharedArrayBuffer(this.length * 4));
    array.set(this.array.subarray(0, this.length));
    return array;
  }
}

class RaggedNumbers {
  private readonly items = new Numbers();
  private readonly starts = new Numbers();

  get length(): number {
    return this.starts.length;
  }

  add(list: Iterable<number>): number {
    this.starts.push(this.items.length);
    for (const number of list) this.items.push(number);
    return this.starts.length - 1;
  }

  toRagged(): Ragged {
    const starts = new Int32Array(new SharedArrayBuffer((this.starts.length + 1) * 4));
    starts.set(this.starts.toArray());
    starts[this.starts.length] = this.items.length;
    return { items: this.items.toArray(), starts };
  }
}

/** Numbers of features; new ones are added unless it is `fixed`. */
class Numbering {
  private readonly numbers: Map<string, number>;

  constructor(
    known: readonly string[],
    private readonly fixed: boolean,
  ) {
    this.numbers = new Map(known.map((feature, i) => [feature, i]));
  }

  get features(): string[] {
    return [...this.numbers.keys()];
  }

  /** -1: it has none. */
  of(feature: string): number {
    const number = this.numbers.get(feature);
    if (number !== undefined) return number;
    if (this.fixed) return -1;
    this.numbers.set(feature, this.numbers.size);
    return this.numbers.size - 1;
  }

  all(features: readonly string[]): number[] {
    return features.map((feature) => this.of(feature)).filter((number) => number >= 0);
  }
}

/** A mission's features and those of the lines that were read beside it, as numbers. */
interface MissionFeatures {
  words: MissionWords;
  ofLines: readonly number[];
  ofTurns: readonly number[];
  lines: Map<string, readonly number[]>;
}

/** Of as many lines the features are kept; most lines come again. */
const KEPT_LINES = 50_000;

/** The numbers of features: of those that a network knows, or of all that come up. */
export class Features {
  private readonly ofLines: Numbering;
  private readonly ofTurns: Numbering;
  private readonly missions = new Map<string, MissionFeatures>();
  private keptLines = 0;

  /** @param known the features that a network knows, of which others are left out. Default: all are taken up. */
  constructor(known?: Vocabulary) {
    this.ofLines = new Numbering(known?.lines ?? [], known !== undefined);
    this.ofTurns = new Numbering(known?.turns ?? [], known !== undefined);
  }

  get vocabulary(): Vocabulary {
    return { lines: this.ofLines.features, turns: this.ofTurns.features };
  }

  ofMission(text: string): MissionFeatures {
    let mission = this.missions.get(text);
    if (mission === undefined) {
      const words = new MissionWords(text);
      const [ofLines, ofTurns] = [
        this.ofLines.all(words.features),
        this.ofTurns.all(words.features),
      ];
      mission = { words, ofLines, ofTurns, lines: new Map() };
      this.missions.set(text, mission);
    }
    return mission;
  }

  ofLine({ words, lines }: MissionFeatures, text: string): readonly number[] {
    let features = lines.get(text);
    if (features === undefined) {
      features = this.ofLines.all(words.featuresOf(text));
      if (this.keptLines++ >= KEPT_LINES) {
        this.missions.clear();
        this.keptLines = 0;
      }
      lines.set(text, features);
    }
    return features;
  }

  ofAction(did: string | null): number {
    return this.ofTurns.of(actionFeature(did));
  }
}

interface Mission {
  number: number;
  features: MissionFeatures;
  /** Numbers of its lines, by their text. */
  lines: Map<string, number>;
}

/** Puts prompts together to a corpus. */
export class CorpusBuilder {
  private readonly sequences = new Numbers();
  private readonly missionOfSequence = new Numbers();
  private readonly turns = new RaggedNumbers();
  private readonly didBefore = new Numbers();
  private readonly labels = new Numbers();
  private readonly missionOfLine = new Numbers();
  private readonly lines = new RaggedNumbers();
  private readonly missionLines = new RaggedNumbers();
  private readonly missionTurns = new RaggedNumbers();
  private readonly missions = new Map<string, Mission>();
  /** The prompt that was added last. */
  private last: PromptTexts | null = null;

  constructor(private readonly features = new Features()) {}

  /** @param label the number of the action to take, if it is known */
  add(prompt: PromptTexts, label = -1): void {
    const { mission, turns, observation } = prompt;
    const known = this.missionOf(mission);
    const goesOn = this.last !== null && isNext(prompt, this.last);
    if (!goesOn) {
      this.sequences.push(this.turns.length);
      this.missionOfSequence.push(known.number);
      for (const [i, { saw }] of turns.entries())
        this.addTurn(known, saw, turns[i - 1]?.did ?? null, -1);
    }
    this.addTurn(known, observation, turns.at(-1)?.did ?? null, label);
    this.last = prompt;
  }

  private addTurn(mission: Mission, saw: string, did: string | null, label: number): void {
    const texts = saw.split("\n").filter((line) => line.trim() !== "");
    this.turns.add(texts.map((text) => this.lineOf(mission, text)));
    this.didBefore.push(this.features.ofAction(did));
    this.labels.push(label);
  }

  private missionOf(text: string): Mission {
    let mission = this.missions.get(text);
    if (mission === undefined) {
      const features = this.features.ofMission(text);
      const number = this.missionLines.add(features.ofLines);
      this.missionTurns.add(features.ofTurns);
      mission = { number, features, lines: new Map() };
      this.missions.set(text, mission);
    }
    return mission;
  }

  private lineOf({ number, features, lines }: Mission, text: string): number {
    let line = lines.get(text);
    if (line === undefined) {
      line = this.lines.add(this.features.ofLine(features, text));
      this.missionOfLine.push(number);
      lines.set(text, line);
    }
    return line;
  }

  get vocabulary(): Vocabulary {
    return this.features.vocabulary;
  }

  build(): Corpus {
    const sequences = new Int32Array(new SharedArrayBuffer((this.sequences.length + 1) * 4));
    sequences.set(this.sequences.toArray());
    sequences[this.sequences.length] = this.turns.length;
    return {
      sequences,
      missionOfSequence: this.missionOfSequence.toArray(),
      turns: this.turns.toRagged(),
      didBefore: this.didBefore.toArray(),
      labels: this.labels.toArray(),
      missionOfLine: this.missionOfLine.toArray(),
      lines: this.lines.toRagged(),
      missions: { lines: this.missionLines.toRagged(), turns: this.missionTurns.toRagged() },
    };
  }
}

/** Whether a prompt shows all that the one before it showed, and one turn more. */
function isNext(prompt: PromptTexts, before: PromptTexts): boolean {
  const { length } = before.turns;
  return (
    prompt.mission === before.mission &&
    prompt.turns.length === length + 1 &&
    prompt.turns[length]?.saw.trimEnd() === before.observation.trimEnd() &&
    before.turns.every(
      ({ saw, did }, i) => prompt.turns[i]?.saw === saw && prompt.turns[i]?.did === did,
    )
  );
}
