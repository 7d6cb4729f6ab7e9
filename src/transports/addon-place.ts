import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** Where a wire's addon lies, and why it may not be there. Nothing here loads it. */
export class AddonPlace {
  /** The beginning of every reason: `QUIC needs the ngtcp2-napi addon`. */
  readonly needed: string;
  /** What to do about it. */
  readonly command: string;
  readonly #package: string;

  constructor(wire: string, packageName: string, script: string) {
    this.needed = `${wire} needs the ${packageName} addon`;
    this.command = `\`npm run ${script}\` in a checkout of smbx builds it`;
    this.#package = packageName;
  }

  /** The package's folder: the workspace's in a checkout; beside smbx, if somebody installed it. */
  get folder(): string | undefined {
    try {
      const require = createRequire(import.meta.filename);
      return dirname(require.resolve(`${this.#package}/package.json`));
    } catch {
      return undefined;
    }
  }

  /** Why there is no addon in `folder`, or undefined. */
  unavailable(folder: string | undefined = this.folder): string | undefined {
    if (folder === undefined) return `${this.needed}, which is not installed (${this.command})`;
    const file = `${this.#package.replaceAll("-", "_")}.node`;
    if (existsSync(join(folder, "build", "Release", file))) return undefined;
    const note = join(folder, "build", "unavailable.txt");
    const reason = existsSync(note) ? `: ${readFileSync(note, "utf8").split("\n")[0]}` : "";
    return `${this.needed}, which is not built${reason} (${this.command})`;
  }
}
