import fc from "fast-check";
import { type Corpus, CorpusBuilder, type Vocabulary } from "../../agents/local/student/corpus";
import { createMemory, Kernel } from "../../agents/local/student/kernel";
import { batchOf, forward, layoutOf, MATRICES } from "../../agents/local/student/network";
import { backward, crossEntropy } from "./backward";
import { firstWeights, randomNumbers } from "./plan";

const WIDTHS = { line: 16, memory: 16, head: 16 };

const line = fc.constantFrom(
  "a wall 2 steps forward",
  "a red ball 3 steps left and 1 step forward",
  "a green key 1 step right",
  "You carry a red ball",
);
const saw = fc.array(line, { maxLength: 3 }).map((lines) => lines.join("\n"));
const episodes = fc.array(
  fc.record({
    mission: fc.constantFrom("go to the red ball", "pick up a green key"),
    turns: fc.array(
      fc.record({
        saw,
        did: fc.constantFrom("go forward", "turn left"),
        label: fc.integer({ min: -1, max: 5 }),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  }),
  { minLength: 1, maxLength: 4 },
);

function build(list: ReturnType<typeof episodes.generate>["value"]): {
  corpus: Corpus;
  vocabulary: Vocabulary;
} {
  const builder = new CorpusBuilder();
  for (const { mission, turns } of list) {
    for (const [i, { saw, label }] of turns.entries())
      builder.add({ mission, observation: saw, turns: turns.slice(0, i) }, label);
  }
  return { corpus: builder.build(), vocabulary: builder.vocabulary };
}

test("the gradient of each matrix equals finite differences", () => {
  fc.assert(
    fc.property(episodes, fc.nat(1000), fc.constantFrom(0, 0.3), (list, seed, share) => {
      const { corpus, vocabulary } = build(list);
      const layout = layoutOf(WIDTHS, vocabulary);
      const kernel = new Kernel(createMemory(4 * 2 ** 20), 2 * layout.length);
      const { floats } = kernel;
      // Larger than at a training's beginning, so that what each weight does shows in 32-bit floats.
      floats.set(firstWeights(layout, seed).map((weight) => 2 * weight));
      const sequences = Array.from({ length: corpus.sequences.length - 1 }, (_, i) => i);
      const run = () => {
        kernel.reset();
        const batch = batchOf(kernel, corpus, sequences);
        const activations = forward(kernel, 0, layout, batch, {
          share,
          random: randomNumbers(seed),
        });
        const { loss } = crossEntropy(kernel, activations.logits, batch, corpus.labels, 1);
        return { batch, activations, loss };
      };
      const { batch, activations } = run();
      backward(kernel, 0, layout.length, layout, batch, activations, share);
      const gradient = floats.slice(layout.length, 2 * layout.length);
      const random = randomNumbers(seed);
      for (const name of MATRICES) {
        // Along a random direction: one difference tells of all weights of the matrix.
        const { at, rows, columns } = layout[name];
        const before = floats.slice(at, at + rows * columns);
        const direction = before.map(() => random() - 0.5);
        const move = (size: number) => {
          floats.set(
            before.map((weight, i) => weight + size * (direction[i] as number)),
            at,
          );
          return run().loss;
        };
        const size = 1e-3;
        const measured = (move(size) - move(-size)) / (2 * size);
        floats.set(before, at);
        const wanted = direction.reduce((sum, x, i) => sum + x * (gradient[at + i] as number), 0);
        expect(Math.abs(measured - wanted)).toBeLessThan(0.02 + 0.05 * Math.abs(wanted));
      }
    }),
    { numRuns: 30, seed: 1 },
  );
});
