// npm run bench:lab [-- OPTIONS]: smbx and the kernel's client, over SMB Direct and over TCP, in one boot.

import { join } from "node:path";
import { parseArgs } from "node:util";
import { main, setup } from "../../bin/setup.mjs";
import { boot, buildMachine, bundle, inGuest } from "./machine.mjs";

const USAGE = `npm run bench:lab [-- OPTIONS]: smbx and cifs.ko on the same work, in the virtual machine

  --rdma KIND   rxe, siw or none; rxe and siw, one after the other, where it is not given
  --mib N       size of the file (256)
  --rounds N    rounds, of which the middle figures count (1)
`;

/**
 * cifs.ko connects over siw from the server's own namespace only, so that all clients do, over the
 * loopback interface; over rxe all cross the veth pair.
 */
const SIDES = { rxe: "client", siw: "server", none: "client" };
const TIMEOUT = "5400";

await main(async () => {
  const { values } = parseArgs({
    options: {
      rdma: { type: "string" },
      mib: { type: "string", default: "256" },
      rounds: { type: "string", default: "1" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return void console.log(USAGE) ?? 0;
  buildMachine();
  setup();
  const [program] = await bundle([join(import.meta.dirname, "bench", "bench.ts")]);
  let worst = 0;
  for (const rdma of values.rdma === undefined ? ["rxe", "siw"] : [values.rdma]) {
    // The file lies three times in memory, and once more in the kernel client's cache.
    const memory = `${Math.ceil(4 * Number(values.mib) + 3072)}M`;
    const options = [
      ...["--rdma", rdma, "--side", SIDES[rdma] ?? "client", "--mem", memory],
      ...["--timeout", TIMEOUT, "--env", `SMBX_LAB_MIB=${values.mib}`],
      ...["--env", `SMBX_LAB_ROUNDS=${values.rounds}`],
    ];
    console.log(`\n${rdma === "none" ? "no RDMA" : rdma}:\n`);
    const status = await boot(options, ["node", inGuest(program)], (line) => console.log(line));
    worst = Math.max(worst, status);
  }
  return worst === 0 ? 0 : 1;
});
