// npm run test:lab [-- OPTIONS]: the suites that need the kernel's SMB server and RDMA devices, in the
// virtual machine of this folder. Ends with "N passed, N failed" as npm test does.

import { parseArgs } from "node:util";
import { main, setup } from "../../bin/setup.mjs";
import { Tally } from "../tally.mjs";
import {
  boot,
  buildMachine,
  bundle,
  inGuest,
  machineUnavailable,
  modulesIn,
  sourceOf,
} from "./machine.mjs";

const USAGE = `npm run test:lab [-- OPTIONS]: against the kernel's SMB server and RDMA devices, in a virtual machine

  --only TEXT     only the machines or suites whose name contains TEXT
  --long          also what takes long under emulation: 2 GiB each way
  --if-ready      where the machine is not built, say so and end with status 0
`;

/** Each boot: a kind of network, and the suites that want it. */
const MACHINES = [
  { name: "tcp", options: ["--rdma", "none", "--links", "4"] },
  { name: "rxe", options: ["--rdma", "rxe", "--links", "2"] },
  { name: "siw", options: ["--rdma", "siw", "--links", "2"] },
];
/** Seconds after which a machine is stopped. */
const TIMEOUT = "3600";
const SEPARATOR = "\u001e";

/** The suites of a machine are those whose names begin with its name, or with `rdma` for both kinds. */
function suitesOf({ name }, suites) {
  return suites.filter((path) => {
    const [kind] = path.slice(path.lastIndexOf("/") + 1).split("-");
    return kind === name || (kind === "rdma" && name !== "tcp");
  });
}

async function runMachine(machine, suites, { tally, long }) {
  const files = (await bundle(suites)).map(inGuest);
  let isComplete = false;
  const take = (line) => {
    if (!line.startsWith(SEPARATOR)) return void console.log(line);
    const { kind, ...event } = JSON.parse(line.slice(1));
    if (kind === "end") isComplete = true;
    else if (kind === "start") tally.start(event);
    else
      tally.end(
        { ...event, file: `${machine.name}: ${sourceOf(event.file ?? "?")}` },
        kind === "pass",
      );
  };
  const options = [
    ...machine.options,
    "--timeout",
    TIMEOUT,
    "--env",
    `SMBX_LAB_LONG=${long ? 1 : ""}`,
  ];
  const status = await boot(
    options,
    ["node", inGuest(`${import.meta.dirname}/in-guest.mjs`), ...files],
    take,
  );
  tally.leaveFile();
  if (status === 0 && isComplete) return;
  tally.failed += 1;
  tally.failures.push(
    `${machine.name}: the machine ended with status ${status}${isComplete ? "" : " before its suites did"}`,
  );
}

await main(async () => {
  const { values } = parseArgs({
    options: {
      only: { type: "string", default: "" },
      long: { type: "boolean", default: false },
      "if-ready": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return void console.log(USAGE) ?? 0;
  const reason = machineUnavailable();
  if (reason !== undefined && values["if-ready"]) {
    console.log(
      `Skipped:\ntest/lab: everything (${reason}: npm run test:lab)\n\n0 passed, 0 failed, 1 skipped`,
    );
    return 0;
  }
  buildMachine();
  setup();
  const tally = new Tally((file) => file);
  const suites = modulesIn("suite", ".suite.ts");
  for (const machine of MACHINES) {
    const own = suitesOf(machine, suites).filter(
      (path) => machine.name.includes(values.only) || path.includes(values.only),
    );
    if (own.length > 0) await runMachine(machine, own, { tally, long: values.long });
  }
  return tally.report();
});
