import { basename, isAbsolute, sep } from "node:path";
import { TransferError } from "../../core/index.ts";
import { printable } from "../render/printable.ts";

/** What Linux allows for one name, in bytes of UTF-8. */
const NAME_MAX = 255;
const CONTROL = /\p{Cc}/u;
const LONE_SURROGATE = /\p{Surrogate}/u;
const WINDOWS_RESERVED = /[<>:"|?*]/;
const WINDOWS_DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:\..*)?$/i;

/**
 * Returns `name`, one component that a server sent, if a local file may have it. A server decides
 * what it lists, so nothing here trusts it: a name never leads out of the folder it is put into.
 *
 * @throws {TransferError} that says what is wrong with the name
 */
export function safeLocalName(name: string, platform: string = process.platform): string {
  const fault = localFault(name, platform);
  if (fault !== undefined) throw new TransferError(`${quoteName(name)} is not fetched: ${fault}`);
  return name;
}

/**
 * Returns `name`, one component of a local path, if a remote file may have it. A backslash would be
 * read as a separator by the server and a colon as the start of a stream's name: the data would end
 * up somewhere else without a word.
 *
 * @throws {TransferError} that says what is wrong with the name
 */
export function safeRemoteName(name: string): string {
  const fault = remoteFault(name);
  if (fault !== undefined) throw new TransferError(`${quoteName(name)} is not stored: ${fault}`);
  return name;
}

/**
 * The remote path that a local one stands for where none was given: with its folders, as smbclient has
 * it, or its last part alone where it is absolute or leads upwards.
 *
 * @throws {TransferError} where a part of it cannot be a remote name
 */
export function remotePathFor(localPath: string): string {
  const parts = localPath.split(sep === "\\" ? /[\\/]/ : sep);
  const leadsElsewhere = isAbsolute(localPath) || parts.includes("..");
  const kept = leadsElsewhere
    ? [basename(localPath)]
    : parts.filter((part) => part !== "" && part !== ".");
  return kept.map(safeRemoteName).join("\\");
}

/** A name as a terminal may safely show it. */
export function quoteName(name: string): string {
  const cut = name.length > 300 ? `${name.slice(0, 300)}…` : name;
  return `"${printable(cut)}"`;
}

function localFault(name: string, platform: string): string | undefined {
  const fault = commonFault(name);
  if (fault !== undefined) return fault;
  if (platform === "win32") return windowsFault(name);
  if (Buffer.byteLength(name) > NAME_MAX) return `it is longer than ${NAME_MAX} bytes`;
  return undefined;
}

function windowsFault(name: string): string | undefined {
  if (WINDOWS_DEVICE.test(name)) return "it is the name of a device";
  if (WINDOWS_RESERVED.test(name)) return "it has a character that local names cannot have";
  if (/[. ]$/.test(name)) return "it ends in a dot or a blank";
  if (name.length > NAME_MAX) return `it is longer than ${NAME_MAX} characters`;
  return undefined;
}

function remoteFault(name: string): string | undefined {
  const fault = commonFault(name);
  if (fault !== undefined) return fault;
  if (name.includes(":")) return "a colon would make it the stream of another file";
  return undefined;
}

function commonFault(name: string): string | undefined {
  if (name === "") return "it is empty";
  if (name === "." || name === "..") return "it names a directory above or itself";
  if (name.includes("/") || name.includes("\\")) return "it has a path separator in it";
  if (CONTROL.test(name)) return "it has a control character in it";
  if (LONE_SURROGATE.test(name)) return "it is not valid Unicode";
  return undefined;
}
