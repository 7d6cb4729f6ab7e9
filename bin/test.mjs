// npm test [-- FILES OR FOLDERS]   everything, or only some test files
// npm test -- --without-samba      where no Samba can be installed: its tests are skipped, aloud
// SMBX_TEST_LAB=1 npm test         the suites of test/lab too, where its virtual machine is built
//
// Formatting and lint, the build, the types of the tests, then the tests. Ends with the line
// "N passed, N failed"; the checks before the tests count as one each.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { main, ROOT, setup, step } from "./setup.mjs";
import { installOptionalPackage } from "./setup-debian.mjs";

const SAMBA = { smbd: "samba", pdbedit: "samba", smbclient: "smbclient" };
const OTHERS = {
  ...{ groff: "groff-base", tmux: "tmux", openssl: "openssl" },
  ...{ ip: "iproute2", nft: "nftables" },
};

/** What a boot under emulation takes is too much for each run. */
const WITHOUT_LAB =
  "test/lab: the kernel's SMB server and RDMA devices (npm run test:lab, or SMBX_TEST_LAB=1)";

const given = process.argv.slice(2);
const withoutSamba = given.includes("--without-samba");
const files = given.filter((argument) => argument !== "--without-samba");
const withLab = (process.env.SMBX_TEST_LAB ?? "") !== "";

await main(async () => {
  setup({ programs: withoutSamba ? {} : { ...SAMBA, ...OTHERS } });
  if (!withoutSamba) installAioquic();
  const checks = files.length > 0 ? { passed: 0, failed: 0 } : runChecks();
  const runner = join(ROOT, "test", "run.mjs");
  const counts = [`--passed=${checks.passed}`, `--failed=${checks.failed}`];
  if (files.length === 0 && !withLab) counts.push(`--skipped=${WITHOUT_LAB}`);
  return runNode(["--import", "tsx", runner, ...counts, ...files]);
});

/** A QUIC that is not ours, to test against; the tests that want it are skipped aloud without it. */
function installAioquic() {
  if (process.env.SMBX_AIOQUIC_PYTHON !== undefined) return;
  const { status } = spawnSync("python3", ["-c", "import aioquic"], { stdio: "ignore" });
  if (status !== 0) installOptionalPackage("python3-aioquic", step);
}

function runChecks() {
  const modules = join(ROOT, "node_modules");
  const checks = {
    "format and lint": [
      join(modules, "@biomejs", "biome", "bin", "biome"),
      "check",
      "--error-on-warnings",
    ],
    "types of the tests": [join(modules, "typescript", "bin", "tsc"), "-p", "test"],
  };
  if (withLab) checks["the lab"] = [join(ROOT, "test", "lab", "run.mjs"), "--if-ready"];
  const counts = { passed: 0, failed: 0 };
  for (const [name, args] of Object.entries(checks)) {
    console.log(`${name} ...`);
    const isGood = runNode(args) === 0;
    counts[isGood ? "passed" : "failed"] += 1;
    if (!isGood) console.log(`${name}: FAILED`);
  }
  return counts;
}

function runNode(args) {
  const { status } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: "inherit" });
  return status ?? 1;
}
