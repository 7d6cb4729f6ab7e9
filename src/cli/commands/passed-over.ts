import { hasWildcard } from "../../core/index.ts";
import type { ShellContext } from "../context.ts";
import { StatedFailure } from "../failure.ts";
import type { TransferEnvironment } from "../transfer/index.ts";

/** The directories that mget and mput pass over because recurse is off. smbclient does so in silence. */
export class PassedOver {
  readonly #isTold: boolean;
  readonly #isMask: boolean;
  #name: string | undefined;

  constructor({ personality }: ShellContext, mask: string) {
    this.#isTold = !personality.habits.isTerse;
    this.#isMask = hasWildcard(mask);
  }

  /** A directory that matched, as it is to be shown. */
  add(name: string, { onNotice }: Pick<TransferEnvironment, "onNotice">): void {
    this.#name = name;
    if (this.#isTold && this.#isMask) {
      onNotice?.(`${name} is a directory and passed over: recurse is off`);
    }
  }

  /** @throws {StatedFailure} where a directory was asked for by its name; `does` is what would take it */
  expectNone(does: string): void {
    if (this.#name === undefined || this.#isMask || !this.#isTold) return;
    throw new StatedFailure(`${this.#name} is a directory: with recurse on, ${does} directories`);
  }
}
