import type { Command } from "../command.ts";
import type { Personality } from "../personality.ts";
import { allinfo } from "./allinfo.ts";
import { altname } from "./altname.ts";
import { bang } from "./bang.ts";
import { cd, up } from "./cd.ts";
import { channels } from "./channels.ts";
import { del } from "./del.ts";
import { deltree } from "./deltree.ts";
import { du } from "./du.ts";
import { echo } from "./echo.ts";
import { exit } from "./exit.ts";
import { get } from "./get.ts";
import { hardlink } from "./hardlink.ts";
import { helpFor } from "./help.ts";
import { history } from "./history.ts";
import { iosize } from "./iosize.ts";
import { lcd } from "./lcd.ts";
import { listconnect } from "./listconnect.ts";
import { logoff } from "./logoff.ts";
import { logon } from "./logon.ts";
import { lowercase } from "./lowercase.ts";
import { ls } from "./ls.ts";
import { mask } from "./mask.ts";
import { mget } from "./mget.ts";
import { missingCommands } from "./missing.ts";
import { mkdir } from "./mkdir.ts";
import { more } from "./more.ts";
import { mput } from "./mput.ts";
import { prompt } from "./prompt.ts";
import { put } from "./put.ts";
import { pwd } from "./pwd.ts";
import { recurse } from "./recurse.ts";
import { reget } from "./reget.ts";
import { rename } from "./rename.ts";
import { reput } from "./reput.ts";
import { rmdir } from "./rmdir.ts";
import { scopy } from "./scopy.ts";
import { setmode } from "./setmode.ts";
import { showconnect } from "./showconnect.ts";
import { stat } from "./stat.ts";
import { CommandTable } from "./table.ts";
import { tcon } from "./tcon.ts";
import { tdis } from "./tdis.ts";
import { tid } from "./tid.ts";
import { timeout } from "./timeout.ts";
import { utimes } from "./utimes.ts";
import { volume } from "./volume.ts";

// The order of smbclient's `help`, and where what it does not have belongs in it.
const HELP_ORDER = [
  ...["?", "allinfo", "altname", "cd", "del", "deltree", "dir", "du", "echo", "exit", "get"],
  ...["hardlink", "help", "history", "iosize", "lcd", "lowercase", "ls", "l", "mask", "md"],
  ...["mget", "mkdir", "more", "mput", "prompt", "put", "pwd", "q", "quit", "rd", "recurse"],
  ...["reget", "rename", "reput", "rm", "rmdir", "setmode", "scopy", "stat", "timeout", "volume"],
  ...["logon", "listconnect", "showconnect", "channels", "tcon", "tdis", "tid", "utimes", "logoff"],
  ...["..", "!"],
];

const help: Command = helpFor(commandTableOf);

/** The commands of the shell and of `-c`. */
export const commandTable: CommandTable = new CommandTable(
  [
    ...[help, allinfo, altname, bang, cd, channels, del, deltree, du, echo, exit],
    ...[get, hardlink, history, iosize, lcd, listconnect, logoff, logon, lowercase, ls, mask],
    ...[mget, mkdir, more, mput, prompt, put, pwd, recurse, reget, rename, reput, rmdir, scopy],
    ...[setmode, showconnect, stat, tcon, tdis, tid, timeout, up, utimes, volume],
  ],
  HELP_ORDER,
  missingCommands,
);

/** The same for a program that passes for smbclient. */
const smbclientTable: CommandTable = new CommandTable(
  commandTable.commands.filter((command) => command.isExtension !== true),
  HELP_ORDER,
  missingCommands,
);

/** What can be called under a name. */
export function commandTableOf({
  hasExtensions,
}: Pick<Personality, "hasExtensions">): CommandTable {
  return hasExtensions ? commandTable : smbclientTable;
}
