import { type DirectoryEntry, formatAttributes, isFileSize } from "../../core/index.ts";
import { displayWidth } from "./display-width.ts";
import { printable } from "./printable.ts";
import { TimeFormat } from "./time.ts";

/** How names are written. */
export interface ListingStyle {
  /** Pad by bytes of UTF-8, as smbclient does, rather than by columns. */
  readonly padsByBytes: boolean;
  /** Leave control characters in names as they are. */
  readonly rawNames: boolean;
}

const NAME_WIDTH = 30;
const ATTRIBUTES_WIDTH = 7;
const SIZE_WIDTH = 8;
const SIMPLE_NAME = /^[\x20-\x7e]*$/;

/** Writes the entries of directories as `ls` shows them, a line each. */
export class Listing {
  readonly #style: ListingStyle;
  readonly #time = new TimeFormat();

  constructor(style: ListingStyle) {
    this.#style = style;
  }

  /** All lines as one string, each with its line end. */
  format(entries: readonly DirectoryEntry[]): string {
    let text = "";
    for (const entry of entries) text += this.#line(entry);
    return text;
  }

  #line(entry: DirectoryEntry): string {
    const attributes = formatAttributes(entry.attributes)
      .slice(0, ATTRIBUTES_WIDTH)
      .padStart(ATTRIBUTES_WIDTH);
    const size = (isFileSize(entry.size) ? String(entry.size) : "?").padStart(SIZE_WIDTH);
    const time = this.#time.fileTime(entry.lastWriteTime);
    return `  ${this.#name(entry.name)}${attributes} ${size}  ${time}\n`;
  }

  #name(name: string): string {
    if (SIMPLE_NAME.test(name)) return name.padEnd(NAME_WIDTH);
    const shown = this.#style.rawNames ? name : printable(name);
    const width = this.#style.padsByBytes ? Buffer.byteLength(shown) : displayWidth(shown);
    return shown + " ".repeat(Math.max(0, NAME_WIDTH - width));
  }
}

/** The size of a file system, as a server counts it. */
export interface FileSystemSize {
  readonly totalUnits: number;
  readonly availableUnits: number;
  readonly sectorsPerUnit: number;
  readonly bytesPerSector: number;
}

/** The lines that close `ls` and `du`: an empty one and the blocks of the file system. */
export function formatBlocks(size: FileSystemSize): string {
  const blockSize = size.sectorsPerUnit * size.bytesPerSector;
  const { totalUnits, availableUnits } = size;
  return `\n\t\t${totalUnits} blocks of size ${blockSize}. ${availableUnits} blocks available\n`;
}
