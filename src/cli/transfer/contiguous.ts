/** Knows up to where everything has arrived when pieces arrive in any order. */
export class Contiguous {
  readonly #early = new Map<number, number>();
  #end: number;

  constructor(start: number) {
    this.#end = start;
  }

  /** Everything before this offset is there. */
  get end(): number {
    return this.#end;
  }

  add(offset: number, length: number): void {
    this.#early.set(offset, length);
    for (let next = this.#early.get(this.#end); next !== undefined; ) {
      this.#early.delete(this.#end);
      this.#end += next;
      next = this.#early.get(this.#end);
    }
  }
}
