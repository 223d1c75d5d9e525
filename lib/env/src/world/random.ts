import { InvalidSeedError } from "./errors";

/** Where a generator stands in its stream, as NumPy's `bit_generator.state` reports it. */
export interface RandomPosition {
  state: bigint;
  inc: bigint;
  /** 1 if a 32-bit half of the last 64-bit output is still to be served. */
  hasUint32: 0 | 1;
  uinteger: number;
}

// PCG's default 128-bit multiplier 0x2360ed051fc65da44385df649fccf645, as 32-bit words from the low end.
const M0 = 0x9fccf645;
const M1 = 0x4385df64;
const M2 = 0x1fc65da4;
const M3 = 0x2360ed05;
const TWO_32 = 2 ** 32;

/** Four 32-bit words. */
interface Words extends Uint32Array {
  0: number;
  1: number;
  2: number;
  3: number;
}
const fourWords = () => new Uint32Array(4) as Words;
const PLACES = [0, 1, 2, 3] as const;

/**
 * NumPy's `Generator(PCG64(SeedSequence(seed)))`, bit for bit: the generator behind Gymnasium's `np_random`.
 *
 * 128-bit arithmetic runs on 32-bit words held in a Uint32Array, low word first, since BigInt is some
 * twenty times slower. Sources: O'Neill, "PCG: A Family of Simple Fast Space-Efficient Statistically Good
 * Algorithms for Random Number Generation" (2014), XSL-RR 128/64; Lemire, "Fast Random Integer Generation
 * in an Interval" (2019); NumPy's SeedSequence.
 *
 * @example
 * const random = new Pcg64(42); // in Python: np.random.default_rng(42)
 * random.integers(0, 100); // 8
 * random.choice(["left", "right"]); // "right"
 */
export class Pcg64 {
  private readonly s = fourWords();
  private readonly inc = fourWords();
  private high = 0;
  private low = 0;
  private spare = 0;
  private hasSpare = false;

  constructor(seed: number | bigint) {
    this.seed(seed);
  }

  /**
   * Starts the stream of `seed`: a whole number from 0 to 2^53 - 1, or any bigint ≥ 0.
   *
   * @throws InvalidSeedError
   */
  seed(seed: number | bigint): void {
    checkSeed(seed);
    const next = seedSequence(entropyWords(seed));
    const { s, inc } = this;
    // NumPy hands over two 128-bit numbers as (high, low) pairs of 64-bit words, themselves low word first.
    const s2 = next();
    const s3 = next();
    const s0 = next();
    const s1 = next();
    const i2 = next();
    const i3 = next();
    const i0 = next();
    const i1 = next();
    inc[0] = (i0 << 1) | 1;
    inc[1] = (i1 << 1) | (i0 >>> 31);
    inc[2] = (i2 << 1) | (i1 >>> 31);
    inc[3] = (i3 << 1) | (i2 >>> 31);
    // One step from 0 leads to inc.
    const c0 = inc[0] + s0;
    const c1 = inc[1] + s1 + Math.floor(c0 / TWO_32);
    const c2 = inc[2] + s2 + Math.floor(c1 / TWO_32);
    s[0] = c0;
    s[1] = c1;
    s[2] = c2;
    s[3] = inc[3] + s3 + Math.floor(c2 / TWO_32);
    this.advance();
    this.hasSpare = false;
    this.spare = 0;
  }

  /** A uniform integer in [low, high), as `Generator.integers(low, high)`. high - low is at most 2^32. */
  integers(low: number, high: number): number {
    const span = high - low;
    // subtle: a range of one consumes nothing from the stream.
    if (span === 1) return low;
    if (span === TWO_32) return low + this.next32();
    let draw = this.next32();
    let leftover = Math.imul(draw, span) >>> 0;
    if (leftover < span) {
      const threshold = (TWO_32 - span) % span;
      while (leftover < threshold) {
        draw = this.next32();
        leftover = Math.imul(draw, span) >>> 0;
      }
    }
    return low + mulHigh(draw, span);
  }

  /**
   * An element, each equally likely, as `Generator.choice(list)`.
   *
   * @throws RangeError the list is empty
   */
  choice<T>(list: readonly T[]): T {
    if (list.length === 0)
      throw new RangeError("There is nothing to choose from: the list is empty.");
    return list[this.integers(0, list.length)] as T;
  }

  /** A uniform integer in [0, span) for 2^32 < span ≤ 2^64, which NumPy draws from 64-bit outputs. */
  integers64(span: bigint): bigint {
    const threshold = (1n << 64n) % span;
    for (;;) {
      const product = this.next64() * span;
      if (BigInt.asUintN(64, product) >= threshold) return product >> 64n;
    }
  }

  /** A uniform double in [0, 1) with 53 random bits, as `Generator.random()`. */
  random(): number {
    this.output();
    return (this.high * 2 ** 21 + (this.low >>> 11)) * 2 ** -53;
  }

  /** The next raw 64-bit output. */
  next64(): bigint {
    this.output();
    return (BigInt(this.high) << 32n) | BigInt(this.low);
  }

  get position(): RandomPosition {
    return {
      state: toBigInt(this.s),
      inc: toBigInt(this.inc),
      hasUint32: this.hasSpare ? 1 : 0,
      uinteger: this.spare,
    };
  }

  private next32(): number {
    // subtle: one 64-bit output serves two draws, the low half first, and the spare half survives
    // 64-bit draws made in between.
    if (this.hasSpare) {
      this.hasSpare = false;
      return this.spare;
    }
    this.output();
    this.hasSpare = true;
    this.spare = this.high;
    return this.low;
  }

  private output(): void {
    this.advance();
    const { s } = this;
    const high = (s[3] ^ s[1]) >>> 0;
    const low = (s[2] ^ s[0]) >>> 0;
    const rotation = s[3] >>> 26;
    const r = rotation & 31;
    // subtle: x << 32 is x << 0 in JavaScript, so the shift by 32 - r goes in two.
    const a = ((high >>> r) | ((low << 1) << (31 - r))) >>> 0;
    const b = ((low >>> r) | ((high << 1) << (31 - r))) >>> 0;
    this.high = rotation < 32 ? a : b;
    this.low = rotation < 32 ? b : a;
  }

  /** state = state * multiplier + inc, modulo 2^128. */
  private advance(): void {
    const { s, inc } = this;
    const s0 = s[0];
    const s1 = s[1];
    const s2 = s[2];
    const s3 = s[3];
    // Each column is a sum of a few 32-bit words: exact in a double, its carry is what exceeds 2^32.
    const c0 = mulLow(s0, M0) + inc[0];
    const c1 = mulHigh(s0, M0) + mulLow(s0, M1) + mulLow(s1, M0) + inc[1] + Math.floor(c0 / TWO_32);
    const c2 =
      mulHigh(s0, M1) +
      mulHigh(s1, M0) +
      mulLow(s0, M2) +
      mulLow(s1, M1) +
      mulLow(s2, M0) +
      inc[2] +
      Math.floor(c1 / TWO_32);
    const c3 =
      mulHigh(s0, M2) +
      mulHigh(s1, M1) +
      mulHigh(s2, M0) +
      mulLow(s0, M3) +
      mulLow(s1, M2) +
      mulLow(s2, M1) +
      mulLow(s3, M0) +
      inc[3] +
      Math.floor(c2 / TWO_32);
    s[0] = c0;
    s[1] = c1;
    s[2] = c2;
    s[3] = c3;
  }
}

/** @throws InvalidSeedError `seed` is neither a whole number from 0 to 2^53 - 1 nor a bigint ≥ 0 */
export function checkSeed(seed: unknown): asserts seed is number | bigint {
  const valid =
    typeof seed === "bigint" ? seed >= 0n : Number.isSafeInteger(seed) && (seed as number) >= 0;
  if (!valid) throw new InvalidSeedError(seed);
}

/** A seed of 128 random bits from the operating system, as NumPy draws one when none is given. */
export function entropySeed(): bigint {
  return toBigInt(globalThis.crypto.getRandomValues(new Uint32Array(4)));
}

function entropyWords(seed: number | bigint): number[] {
  if (typeof seed === "number")
    return seed < TWO_32 ? [seed] : [seed % TWO_32, Math.floor(seed / TWO_32)];
  const words: number[] = [];
  for (let rest = seed; rest > 0n; rest >>= 32n) words.push(Number(rest & 0xffffffffn));
  return words.length > 0 ? words : [0];
}

/** A function that gives the words of `SeedSequence(entropy).generate_state(n, uint32)`, one per call. */
function seedSequence(entropy: readonly number[]): () => number {
  const pool = fourWords();
  let hashConst = 0x43b0d7e5;
  const hash = (word: number): number => {
    let value = word ^ hashConst;
    hashConst = Math.imul(hashConst, 0x931e8875);
    value = Math.imul(value, hashConst);
    return value ^ (value >>> 16);
  };
  const mix = (x: number, y: number): number => {
    const value = Math.imul(x, 0xca01f9dd) - Math.imul(y, 0x4973f715);
    return value ^ (value >>> 16);
  };
  for (const place of PLACES) pool[place] = hash(entropy[place] ?? 0);
  for (const from of PLACES) {
    for (const to of PLACES) {
      if (from !== to) pool[to] = mix(pool[to], hash(pool[from]));
    }
  }
  for (let i = 4; i < entropy.length; i++) {
    for (const to of PLACES) pool[to] = mix(pool[to], hash(entropy[i] ?? 0));
  }
  hashConst = 0x8b51f9dd;
  let words = 0;
  return () => {
    let value = pool[(words++ & 3) as (typeof PLACES)[number]] ^ hashConst;
    hashConst = Math.imul(hashConst, 0x58f38ded);
    value = Math.imul(value, hashConst);
    return (value ^ (value >>> 16)) >>> 0;
  };
}

function mulLow(a: number, b: number): number {
  return Math.imul(a, b) >>> 0;
}

/** The upper 32 bits of a 32 × 32-bit product. */
function mulHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const low = Math.imul(aLow, bLow) >>> 16;
  const mid = (Math.imul(aHigh, bLow) + low) >>> 0;
  const cross = (Math.imul(aLow, bHigh) + (mid & 0xffff)) >>> 0;
  return (Math.imul(aHigh, bHigh) + (mid >>> 16) + (cross >>> 16)) >>> 0;
}

function toBigInt(words: Uint32Array): bigint {
  return words.reduceRight((value, word) => (value << 32n) | BigInt(word), 0n);
}
