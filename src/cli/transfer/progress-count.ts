import type { FileProgress, Measure } from "./progress.ts";

/** The numbers behind a bar: what was found, what was moved. Bytes unless a name says otherwise. */
export class ProgressCount {
  readonly #onChange: () => void;
  /** All that is to be there in the end, as far as it is known. */
  #total = 0;
  /** Of that, what is there: moved now, or before. */
  #there = 0;
  #moved = 0;
  #files = 0;
  #done = 0;
  #failed = 0;
  #sizeless = 0;
  #isSurveyed = false;
  #isOpen = false;

  /** `onChange` is called after each of them. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get total(): number {
    return this.#total;
  }

  get there(): number {
    return this.#there;
  }

  get moved(): number {
    return this.#moved;
  }

  get files(): number {
    return this.#files;
  }

  get done(): number {
    return this.#done;
  }

  get failed(): number {
    return this.#failed;
  }

  /** How much of the whole is there, from 0 to 1; undefined while the whole is not known. */
  get fraction(): number | undefined {
    if (this.#isOpen || this.#sizeless > 0) return undefined;
    if (this.#total > 0) return Math.min(1, this.#there / this.#total);
    // Empty files have nothing but their number.
    return this.#files === 0 ? 0 : (this.#done + this.#failed) / this.#files;
  }

  /** More will be found, by `found`, until `foundAll`; `begin` adds nothing to the whole any more. */
  survey(): void {
    this.#isSurveyed = true;
    this.#isOpen = true;
  }

  found({ files, bytes }: Measure): void {
    this.#files += files;
    this.#total += bytes ?? 0;
    if (bytes === undefined) this.#sizeless += 1;
    this.#onChange();
  }

  foundAll(): void {
    this.#isOpen = false;
    this.#onChange();
  }

  /** A file begins. */
  begin(size: number | undefined): FileProgress {
    if (!this.#isSurveyed) this.found({ files: 1, bytes: size });
    let isSizeless = size === undefined;
    let expected = size ?? 0;
    let there = 0;
    const expect = (bytes: number): void => {
      this.#total += bytes - (isSizeless ? there : expected);
      if (isSizeless) this.#sizeless -= 1;
      isSizeless = false;
      expected = bytes;
    };
    const arrive = (bytes: number): void => {
      there += bytes;
      this.#there += bytes;
      // One that has grown, or of which nobody knows how long it is.
      if (isSizeless) this.#total += bytes;
      else if (there > expected) expect(there);
    };
    const change =
      (count: (bytes: number) => void) =>
      (bytes: number): void => {
        count(bytes);
        this.#onChange();
      };
    const settle = (): void => {
      if (isSizeless) this.#sizeless -= 1;
      else this.#total += there - expected;
      this.#onChange();
    };
    return {
      expect: change(expect),
      skip: change(arrive),
      advance: change((bytes) => {
        this.#moved += bytes;
        arrive(bytes);
      }),
      done: () => {
        this.#done += 1;
        settle();
      },
      failed: () => {
        this.#failed += 1;
        settle();
      },
    };
  }
}
