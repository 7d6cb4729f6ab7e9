import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { type EmbeddedServer, startEmbeddedServer } from "./embedded-server.ts";
import { runTour } from "./tour.ts";

/**
 * `npm start`: a private server and, at a terminal, the shell on it; without one, the tour. Returns
 * the exit status. The server and all its files are gone afterwards.
 *
 * @param program the smbx program to run as the shell
 */
export async function startEmbedded(program: string): Promise<number> {
  const server = await startEmbeddedServer({
    shares: [
      { name: "share", parameters: { comment: "read and write" } },
      { name: "readonly", parameters: { comment: "read only", "read only": "yes" } },
      {
        name: "encrypted",
        parameters: { comment: "encryption required", "smb encrypt": "required" },
      },
    ],
  });
  const endNow = (signal: NodeJS.Signals): void => {
    void server.stop().then(() => process.exit(128 + constants.signals[signal]));
  };
  const isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  // At a terminal Ctrl-C is the shell's.
  process.on("SIGINT", (signal) => isTerminal || endNow(signal));
  process.on("SIGTERM", endNow);
  process.on("SIGHUP", endNow);
  try {
    furnish(server);
    process.stdout.write(introduction(server));
    return isTerminal ? await runShell(program, server) : await runTour(server);
  } finally {
    await server.stop();
  }
}

function furnish(server: EmbeddedServer): void {
  for (const share of ["share", "readonly", "encrypted"]) {
    const text = `This is the share "${share}" of a private Samba server.\n`;
    writeFileSync(join(server.sharePath(share), "welcome.txt"), text);
  }
}

function introduction({ version, host, port, username, password }: EmbeddedServer): string {
  return (
    `A private Samba ${version} runs on ${host} port ${port}, only for this user and only until the end.\n` +
    `From another terminal: smbx //${host}/share -p ${port} -U '${username}%${password}'\n\n`
  );
}

async function runShell(program: string, server: EmbeddedServer): Promise<number> {
  const { host, port, username, password } = server;
  const args = [program, `//${host}/share`, "-p", String(port), "-U", username];
  const shell = spawn(process.execPath, args, {
    stdio: "inherit",
    env: { ...process.env, PASSWD: password },
  });
  process.on("exit", () => shell.kill());
  const [status] = (await once(shell, "exit")) as [number | null];
  return status ?? 1;
}
