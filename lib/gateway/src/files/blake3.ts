const IV = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];
const PERMUTATION = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];
/** The order in which each of the seven rounds takes the words of a block. */
const ORDERS = Array.from({ length: 6 }).reduce<number[][]>(
  (orders) => [...orders, PERMUTATION.map((index) => orders.at(-1)![index]!)],
  [PERMUTATION.map((_, index) => index)],
);
const BLOCK = 64;
const CHUNK = 1024;
const CHUNK_START = 1;
const CHUNK_END = 2;
const PARENT = 4;
const ROOT = 8;

const state = new Uint32Array(16);

/** What a node of the tree is made of; hashed with the flag of the root if it is that. */
interface Node {
  chaining: ArrayLike<number>;
  block: Uint32Array;
  counter: number;
  length: number;
  flags: number;
}

/**
 * BLAKE3 of `data`, 64 hex digits.
 *
 * Source: the BLAKE3 paper (O'Connor, Aumasson, Neves, Wilcox-O'Hearn), sections 2.2 to 2.6; hash mode without a key.
 */
export function blake3(data: Uint8Array): string {
  const root = node(data, 0);
  const words = compress({ ...root, flags: root.flags | ROOT });
  return Buffer.from(words.buffer).toString("hex");
}

/** The node of the tree over `data`, whose first chunk is the whole's `first`. */
function node(data: Uint8Array, first: number): Node {
  if (data.length <= CHUNK) return chunk(data, first);
  // The left side is a full tree: of as many chunks as the largest power of two that leaves something for the right.
  const chunks = 2 ** Math.floor(Math.log2(Math.ceil(data.length / CHUNK) - 1));
  const block = new Uint32Array(16);
  block.set(compress(node(data.subarray(0, chunks * CHUNK), first)), 0);
  block.set(compress(node(data.subarray(chunks * CHUNK), first + chunks)), 8);
  return { chaining: IV, block, counter: 0, length: BLOCK, flags: PARENT };
}

function chunk(data: Uint8Array, counter: number): Node {
  let chaining: ArrayLike<number> = IV;
  let at = 0;
  for (; at + BLOCK < data.length; at += BLOCK) {
    const flags = at === 0 ? CHUNK_START : 0;
    chaining = compress({ chaining, block: words(data, at), counter, length: BLOCK, flags });
  }
  const flags = (at === 0 ? CHUNK_START : 0) | CHUNK_END;
  return { chaining, block: words(data, at), counter, length: data.length - at, flags };
}

function words(data: Uint8Array, at: number): Uint32Array {
  const block = new Uint8Array(BLOCK);
  block.set(data.subarray(at, at + BLOCK));
  return new Uint32Array(block.buffer);
}

function compress({ chaining, block, counter, length, flags }: Node): Uint32Array {
  state.set(chaining, 0);
  for (let i = 0; i < 4; i++) state[8 + i] = IV[i]!;
  state[12] = counter;
  state[13] = counter / 2 ** 32;
  state[14] = length;
  state[15] = flags;
  for (const m of ORDERS) {
    // The columns of the 4 × 4 words of the state, then its diagonals.
    mix(0, 4, 8, 12, block[m[0]!]!, block[m[1]!]!);
    mix(1, 5, 9, 13, block[m[2]!]!, block[m[3]!]!);
    mix(2, 6, 10, 14, block[m[4]!]!, block[m[5]!]!);
    mix(3, 7, 11, 15, block[m[6]!]!, block[m[7]!]!);
    mix(0, 5, 10, 15, block[m[8]!]!, block[m[9]!]!);
    mix(1, 6, 11, 12, block[m[10]!]!, block[m[11]!]!);
    mix(2, 7, 8, 13, block[m[12]!]!, block[m[13]!]!);
    mix(3, 4, 9, 14, block[m[14]!]!, block[m[15]!]!);
  }
  const out = new Uint32Array(8);
  for (let i = 0; i < 8; i++) out[i] = state[i]! ^ state[i + 8]!;
  return out;
}

function mix(a: number, b: number, c: number, d: number, x: number, y: number): void {
  state[a] = state[a]! + state[b]! + x;
  state[d] = rotate(state[d]! ^ state[a]!, 16);
  state[c] = state[c]! + state[d]!;
  state[b] = rotate(state[b]! ^ state[c]!, 12);
  state[a] = state[a]! + state[b]! + y;
  state[d] = rotate(state[d]! ^ state[a]!, 8);
  state[c] = state[c]! + state[d]!;
  state[b] = rotate(state[b]! ^ state[c]!, 7);
}

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}
