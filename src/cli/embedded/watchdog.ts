import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/**
 * Reads process groups, one per line, until its standard input ends: when we say so, and also when
 * we are killed. Then it ends those groups, the RPC helper that smbd put into a session of its own
 * (found by its private pid file, and only if it runs with our configuration), and the directory.
 * Nothing of a private server outlives its owner, however the owner ends.
 */
const SCRIPT = `
directory=$1
groups=
while read -r group; do groups="$groups $group"; done
trap '' HUP INT TERM
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done
if read -r helper <"$directory/pid/samba-dcerpcd.pid" 2>/dev/null; then
  if tr '\\0' ' ' <"/proc/$helper/cmdline" 2>/dev/null | grep -qF -- "$directory/smb.conf"; then
    kill -s KILL -- "-$helper" 2>/dev/null
  fi
fi
rm -rf -- "$directory" 2>/dev/null || { sleep 0.2; rm -rf -- "$directory"; }
`;

/** Ends process groups and removes a directory, at the latest when this process ends. */
export class Watchdog {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;

  constructor(directory: string) {
    this.#child = spawn("/bin/sh", ["-c", SCRIPT, "smbx-watchdog", directory], {
      // A session of its own: Ctrl-C in our terminal must not end it before its work is done.
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
      cwd: "/",
    });
    this.#exited = once(this.#child, "exit");
    this.#child.stdin?.on("error", () => undefined);
    this.#child.unref();
  }

  /** Ends this process group, too, when the time has come. */
  watch(processGroup: number): void {
    this.#child.stdin?.write(`${processGroup}\n`);
  }

  /** Cleans up now. Resolves when everything is gone. */
  async finish(): Promise<void> {
    this.#child.ref();
    this.#child.stdin?.end();
    await this.#exited;
  }
}
