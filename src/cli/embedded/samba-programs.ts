import { accessSync, constants } from "node:fs";
import { userInfo } from "node:os";
import { delimiter, join } from "node:path";

/** Where distributions put daemons: seldom on the PATH of an ordinary user. */
const DAEMON_DIRECTORIES = ["/usr/sbin", "/usr/local/sbin", "/sbin", "/usr/local/samba/sbin"];

/** The path of an installed program, or undefined. */
export function findProgram(name: string): string | undefined {
  const searched = (process.env["PATH"] ?? "").split(delimiter).filter((part) => part !== "");
  for (const directory of [...searched, ...DAEMON_DIRECTORIES, "/usr/local/samba/bin"]) {
    const path = join(directory, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not here: the next directory may have it.
    }
  }
  return undefined;
}

/** The Unix account of this process: the only one an unprivileged smbd can serve. */
export function currentUser(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}

/** Why no private smbd can be started on this machine, or undefined where one can. */
export function sambaUnavailable(): string | undefined {
  if (process.platform === "win32") return "a private smbd needs a Unix system";
  for (const name of ["smbd", "pdbedit"]) {
    if (findProgram(name) === undefined) {
      return `${name} is not installed (Debian and Ubuntu: apt-get install samba)`;
    }
  }
  if (currentUser() === undefined) return "this user id has no name in /etc/passwd";
  return undefined;
}
