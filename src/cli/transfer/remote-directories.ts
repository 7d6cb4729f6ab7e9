import { TransferError, type Tree } from "../../core/index.ts";

/** Makes the directories of an upload, each once; what goes into one waits for it. */
export class RemoteDirectories {
  readonly #tree: Tree;
  readonly #made = new Map<string, Promise<void>>();

  constructor(tree: Tree) {
    this.#tree = tree;
  }

  /**
   * Begins to make `path`, once the directory it lies in is there. To be called as soon as it is met,
   * so that what comes behind it finds it here. What `check` throws keeps it from being made.
   */
  begin(path: string, signal: AbortSignal, check?: () => Promise<void>): Promise<void> {
    const making = this.ready(path).then(async () => {
      await check?.();
      await this.#tree.mkdir(path, { mayExist: true, signal });
    });
    // Whoever needs the directory gets the error; nobody may need it.
    making.catch(() => {});
    this.#made.set(path, making);
    return making;
  }

  /**
   * Resolves when the directory that `path` lies in is there.
   *
   * @throws {TransferError} where it could not be made
   */
  async ready(path: string): Promise<void> {
    const cut = path.lastIndexOf("\\");
    const parent = cut === -1 ? "" : path.slice(0, cut);
    try {
      await this.#made.get(parent);
    } catch (cause) {
      throw new TransferError(`The directory \\${parent} could not be made`, { cause });
    }
  }
}
