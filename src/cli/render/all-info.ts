import {
  type FileStat,
  type FileTime,
  formatAllInfoAttributes,
  formatAttributes,
  isFileSize,
} from "../../core/index.ts";
import { printable } from "./printable.ts";
import { formatSize } from "./size.ts";
import { formatTimeWithZone } from "./time.ts";

/** The four times of a file. */
export interface FileTimes {
  readonly creationTime: FileTime;
  readonly lastAccessTime: FileTime;
  readonly lastWriteTime: FileTime;
  readonly changeTime: FileTime;
}

/** The lines of `allinfo` from the times to the attributes. */
export function formatBasicInfo(info: FileTimes & { readonly attributes: number }): string {
  const letters = formatAllInfoAttributes(info.attributes);
  return [
    `create_time:    ${formatTimeWithZone(info.creationTime)}\n`,
    `access_time:    ${formatTimeWithZone(info.lastAccessTime)}\n`,
    `write_time:     ${formatTimeWithZone(info.lastWriteTime)}\n`,
    `change_time:    ${formatTimeWithZone(info.changeTime)}\n`,
    `attributes: ${letters} (${info.attributes.toString(16)})\n`,
  ].join("");
}

/** What the server gives as a size and is none is not shown as one. */
function sizeText({ size, allocationSize }: FileStat): string {
  const stored = isFileSize(allocationSize) ? `, ${allocationSize} on disk` : "";
  return isFileSize(size) ? `${size} (${formatSize(size)})${stored}` : `?${stored}`;
}

/** What `stat` tells of a file that it has found under `path`, over this connection. */
export function formatStat(path: string, stat: FileStat, connection: string): string {
  const type = stat.isDirectory ? "directory" : "file";
  const attributes = `${formatAttributes(stat.attributes)} (0x${stat.attributes.toString(16)})`;
  return [
    `path:       ${printable(path)}\n`,
    `type:       ${type}\n`,
    `size:       ${sizeText(stat)}\n`,
    `attributes: ${attributes}\n`,
    `links:      ${stat.links}\n`,
    `file id:    0x${stat.fileId.toString(16)}\n`,
    `created:    ${formatTimeWithZone(stat.creationTime)}\n`,
    `accessed:   ${formatTimeWithZone(stat.lastAccessTime)}\n`,
    `written:    ${formatTimeWithZone(stat.lastWriteTime)}\n`,
    `changed:    ${formatTimeWithZone(stat.changeTime)}\n`,
    `connection: ${printable(connection)}\n`,
  ].join("");
}
