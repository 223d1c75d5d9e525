import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What kernel.wat exports; addresses are in bytes. */
interface Exports {
  multiply(
    c: number,
    a: number,
    b: number,
    m: number,
    k: number,
    n: number,
    rowStride: number,
    columnStride: number,
  ): void;
  gather: RowSums;
  scatter: RowSums;
}

type RowSums = (
  rows: number,
  count: number,
  width: number,
  table: number,
  ids: number,
  starts: number,
) => void;

/** Lists of row numbers in the kernel's memory: list i is ids[starts[i]] … ids[starts[i + 1] - 1]. */
export interface Lists {
  ids: number;
  starts: number;
  count: number;
}

/** Memory that threads may share. */
export interface KernelMemory {
  readonly buffer: SharedArrayBuffer;
}

// What is used of it: TypeScript's declarations of it come with those of a browser.
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { exports: object };
  Memory: new (size: { initial: number; maximum: number; shared: true }) => KernelMemory;
};

let compiled: object | undefined;

/** The kernel, kernel.wat, compiled to kernel.wasm: a test compares the two. Read from `src`, since tsc copies no such files. */
function module(): object {
  const path = join(__dirname, ..."../../../../src/agents/local/student/kernel.wasm".split("/"));
  compiled ??= new WebAssembly.Module(new Uint8Array(readFileSync(path)));
  return compiled;
}

const PAGE_BYTES = 65_536;

/** Of at least so many bytes. */
export function createMemory(bytes: number): KernelMemory {
  const pages = Math.ceil(bytes / PAGE_BYTES);
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
}

/** The scratch memory does not hold what a batch needs. */
export class ScratchError extends RangeError {
  override readonly name = "ScratchError";
}

/**
 * Matrices of 32-bit floats in one memory, and what is done with them. A matrix is its address, the number of its first float
 * in `floats`; its rows follow each other. The space from `scratch` to `end` is given out by `zeros` and `lists`, all of it anew after `reset`.
 */
export class Kernel {
  readonly floats: Float32Array;
  private readonly ints: Int32Array;
  private readonly wasm: Exports;
  private next: number;

  constructor(
    memory: KernelMemory,
    private readonly scratch: number,
    private readonly end = memory.buffer.byteLength / 4,
  ) {
    this.floats = new Float32Array(memory.buffer);
    this.ints = new Int32Array(memory.buffer);
    this.next = scratch;
    const { exports } = new WebAssembly.Instance(module(), { env: { memory } });
    this.wasm = exports as Exports;
  }

  reset(): void {
    this.next = this.scratch;
  }

  /** @throws ScratchError */
  private take(length: number): number {
    const at = this.next;
    this.next += Math.ceil(length / 4) * 4;
    if (this.next > this.end) {
      throw new ScratchError(
        `The kernel's scratch memory holds ${this.end - this.scratch} numbers, and ${this.next - this.scratch} are needed.`,
      );
    }
    return at;
  }

  /** A matrix of zeros. @throws ScratchError */
  zeros(length: number): number {
    const at = this.take(length);
    this.floats.fill(0, at, at + length);
    return at;
  }

  /** A matrix of `rows` equal rows, those of another matrix' first. @throws ScratchError */
  repeated(row: number, width: number, rows: number): number {
    const at = this.take(rows * width);
    for (let i = 0; i < rows; i++) this.floats.copyWithin(at + i * width, row, row + width);
    return at;
  }

  /** The transpose of a matrix of `rows` × `columns`. @throws ScratchError */
  transposed(matrix: number, rows: number, columns: number): number {
    const at = this.take(rows * columns);
    const { floats } = this;
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++)
        floats[at + j * rows + i] = floats[matrix + i * columns + j] as number;
    return at;
  }

  /** @throws ScratchError */
  lists(ids: ArrayLike<number>, starts: ArrayLike<number>): Lists {
    const idsAt = this.take(ids.length);
    this.ints.set(ids, idsAt);
    const startsAt = this.take(starts.length);
    this.ints.set(starts, startsAt);
    return { ids: idsAt, starts: startsAt, count: starts.length - 1 };
  }

  /** C += A · B, of m × k and k × n. n is a multiple of 8. */
  multiply(c: number, a: number, b: number, m: number, k: number, n: number): void {
    this.wasm.multiply(c * 4, a * 4, b * 4, m, k, n, k * 4, 4);
  }

  /** C += Aᵀ · B, of m × k and m × n. n is a multiple of 8. */
  multiplyTransposed(c: number, a: number, b: number, m: number, k: number, n: number): void {
    this.wasm.multiply(c * 4, a * 4, b * 4, k, m, n, 4, k * 4);
  }

  /** Row i of `rows` += the rows of `table` in list i. The width is a multiple of 16. */
  gather(rows: number, width: number, table: number, { ids, starts, count }: Lists): void {
    this.wasm.gather(rows * 4, count, width, table * 4, ids * 4, starts * 4);
  }

  /** The rows of `table` in list i += row i of `rows`. The width is a multiple of 16. */
  scatter(rows: number, width: number, table: number, { ids, starts, count }: Lists): void {
    this.wasm.scatter(rows * 4, count, width, table * 4, ids * 4, starts * 4);
  }
}
