import {
  cutBack,
  type File as RemoteFile,
  type WritePipelineOptions,
  type WritePipelineResult,
  writePipeline,
} from "../../core/index.ts";
import { Contiguous } from "./contiguous.ts";

/**
 * Writes to a remote file that must be a beginning of the source whatever happens: one under its real
 * name, or one that another transfer will continue. At most a window lies beyond the first gap, and when
 * the transfer breaks off while the server can be reached, that is cut off.
 */
export class PrefixWriter {
  readonly #file: RemoteFile;
  readonly #arrived: Contiguous;

  /** `start` is where writing begins, in bytes. */
  constructor(file: RemoteFile, start: number) {
    this.#file = file;
    this.#arrived = new Contiguous(start);
  }

  /** Everything before this offset is on the server. */
  get end(): number {
    return this.#arrived.end;
  }

  /** As `writePipeline`, from `start`. */
  write(options: WritePipelineOptions): Promise<WritePipelineResult> {
    return writePipeline(this.#file, {
      ...options,
      offset: this.#arrived.end,
      keepsPrefix: true,
      onWritten: (bytes, offset) => {
        this.#arrived.add(offset, bytes);
        options.onWritten?.(bytes, offset);
      },
    });
  }

  /** Closes the file; see `cutBack`. By default at the first gap. */
  cutBack(end: number = this.end): Promise<boolean> {
    return cutBack(this.#file, end);
  }
}
