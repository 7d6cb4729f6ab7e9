import { isatty } from "node:tty";

/** What was a terminal at first, of standard input, output and errors. */
const terminals = [0, 1, 2].filter((fd) => isatty(fd));

/**
 * Ends the process. Where its terminal has gone away Node (seen with 20) would abort: it cannot put the
 * settings of the terminal back. Then it ends by the signal that such a terminal sends, as others do.
 */
export function endProcess(status: number): never {
  if (terminals.some((fd) => !isatty(fd))) {
    process.removeAllListeners("SIGHUP");
    process.kill(process.pid, "SIGHUP");
  }
  process.exit(status);
}
