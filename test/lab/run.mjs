// npm run test:lab [-- OPTIONS]: the suites that need the kernel's SMB server and RDMA devices, in the
// virtual machine of this folder. Ends with "N passed, N failed" as npm test does.

import { basename } from "node:path";
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

  --only TEXT     only the suites that contain TEXT in "MACHINE SUITE", which is "siw rdma-direct" or the like
  --tests REGEXP  only the tests whose names match
  --verbose       a line for each test as it ends
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

async function runMachine(machine, suites, { tally, values }) {
  const files = (await bundle(suites)).map(inGuest);
  let isComplete = false;
  const take = (line) => {
    if (!line.startsWith(SEPARATOR)) return void console.log(line);
    const { kind, ...event } = JSON.parse(line.slice(1));
    if (kind === "end") isComplete = true;
    else if (kind === "start") tally.start(event);
    else {
      const file = `${machine.name}: ${sourceOf(event.file ?? "?")}`;
      tally.end({ ...event, file }, kind === "pass");
      if (values.verbose) console.log(oneLine(kind, event));
    }
  };
  const variables = { SMBX_LAB_LONG: values.long ? "1" : "", SMBX_LAB_TESTS: values.tests };
  // Two copies of 2 GiB, and what the rest needs.
  const memory = values.long ? "8G" : "4G";
  const options = [...machine.options, "--mem", memory, "--timeout", TIMEOUT];
  for (const [name, value] of Object.entries(variables)) options.push("--env", `${name}=${value}`);
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

function oneLine(kind, { nesting, name, durationMs, skip }) {
  const outcome = skip === undefined ? kind : "skip";
  return `${"  ".repeat(nesting + 1)}${outcome} ${name} (${(durationMs / 1000).toFixed(1)} s)`;
}

await main(async () => {
  const { values } = parseArgs({
    options: {
      only: { type: "string", default: "" },
      tests: { type: "string", default: "" },
      verbose: { type: "boolean", default: false },
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
    const own = suitesOf(machine, suites).filter((path) =>
      `${machine.name} ${basename(path)}`.includes(values.only),
    );
    if (own.length > 0) await runMachine(machine, own, { tally, values });
  }
  return tally.report();
});
