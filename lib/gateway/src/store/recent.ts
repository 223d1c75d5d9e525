/**
 * Recent entries, kept for a bounded time and in bounded memory: two maps, the older of which is dropped as a whole.
 * (A single map that drops its oldest entry one by one grows slow: V8 walks over the deleted ones each time.)
 */
export class Recent<V> {
  private young = new Map<string, V>();
  private old = new Map<string, V>();
  private born = performance.now();

  /** An entry is kept at least until `maxEntries` later ones, or until `ms` have passed; at most twice that. */
  constructor(private readonly limits: { maxEntries?: number; ms?: number }) {}

  get(key: string): V | undefined {
    return this.young.get(key) ?? this.old.get(key);
  }

  set(key: string, value: V): void {
    const { maxEntries = Number.POSITIVE_INFINITY, ms = Number.POSITIVE_INFINITY } = this.limits;
    if (this.young.size >= maxEntries || performance.now() - this.born >= ms) {
      this.old = this.young;
      this.young = new Map();
      this.born = performance.now();
    }
    this.young.set(key, value);
  }
}
