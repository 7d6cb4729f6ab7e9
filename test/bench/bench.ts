import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus, loadavg, platform, release } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { findProgram } from "../../src/cli/embedded/samba-programs.ts";
import { startDelayRelay } from "../support/delay-relay.ts";
import { type Measurement, measure } from "./measure.ts";
import { FULL_SIZES, type Place, preparePlace, QUICK_SIZES } from "./place.ts";
import {
  findQuicSmbclient,
  prepareQuicWay,
  type QuicSmbclient,
  type QuicWay,
  quicUnavailable,
} from "./quic-way.ts";
import { type ClientName, judge, renderTable, type ScenarioResult, summarize } from "./report.ts";
import { type Protection, type Scenario, scenarios } from "./scenarios.ts";

const USAGE = `npm run bench [-- OPTIONS]: smbx and smbclient side by side on the same work

  --quick        less work, two rounds
  --rounds N     rounds of every scenario
  --only TEXT    only the scenarios whose name contains TEXT
  --json FILE    write the results as JSON, too
  --smbclient X  the smbclient for QUIC, 4.24 or newer: a command, or a directory with a Debian in it
                 (as root). Default: $SMBX_BENCH_SMBCLIENT; without it QUIC is measured alone
`;

const ROUND_TRIP_MS = 10;
const PROGRAM = fileURLToPath(new URL("../../bin/smbx.cjs", import.meta.url));
const CLIENTS: readonly ClientName[] = ["smbclient", "smbx"];

/** What the programs agreed on with the server, as the server tells it. */
interface Negotiated {
  readonly protection: Protection;
  readonly client: ClientName;
  readonly dialect: string;
  readonly encryption: string;
  readonly signing: string;
}

/** What there is to measure with. */
interface Means {
  readonly place: Place;
  /** TCP from far away. */
  readonly relayPort: number;
  readonly quic: QuicWay | undefined;
  /** The one that speaks QUIC. */
  readonly smbclient: QuicSmbclient | undefined;
}

class Bench {
  readonly #place: Place;
  readonly #means: Means;

  constructor(means: Means) {
    this.#means = means;
    this.#place = means.place;
  }

  /** Runs the two programs in turn, so that what disturbs the machine disturbs both. */
  async compare(scenario: Scenario, rounds: number): Promise<ScenarioResult> {
    const runs: Record<ClientName, Measurement[]> = { smbx: [], smbclient: [] };
    const isAlone = scenario.wire === "quic" && this.#means.smbclient === undefined;
    for (let round = 0; round < rounds; round += 1) {
      for (const client of isAlone ? (["smbx"] as const) : CLIENTS) {
        scenario.prepare();
        runs[client].push(await this.#run(client, scenario));
      }
    }
    const smbx = summarize(runs.smbx);
    if (smbx === undefined) throw new Error(`${scenario.name}: no rounds`);
    return judge(scenario, smbx, summarize(runs.smbclient));
  }

  async #run(client: ClientName, scenario: Scenario): Promise<Measurement> {
    const measured = await measure({
      command: [...this.#commandLine(client, scenario), "-c", scenario.commands],
      cwd: scenario.cwd,
      env: { PASSWD: this.#place.samba.password },
      limitSeconds: client === "smbclient" ? scenario.limitSeconds : undefined,
    });
    if (!measured.isCut) {
      scenario.check();
      return measured;
    }
    const { wallSeconds, cpuSeconds } = measured;
    const done = scenario.progress();
    if (done === 0) throw new Error(`${scenario.name}: ${client} has done nothing`);
    return { ...measured, wallSeconds: wallSeconds / done, cpuSeconds: cpuSeconds / done };
  }

  #commandLine(client: ClientName, scenario: Scenario): string[] {
    const { samba } = this.#place;
    const { share, protection, isRemote } = scenario;
    const { quic } = this.#means;
    const common = ["-U", samba.username, `--client-protection=${protection}`];
    if (scenario.wire === "quic" && quic !== undefined) {
      return [...this.#overQuic(client, scenario, quic), ...common];
    }
    const program =
      client === "smbx" ? [process.execPath, PROGRAM] : [findProgram(client) ?? client];
    const port = isRemote ? this.#means.relayPort : samba.port;
    return [...program, `//${samba.host}/${share}`, "-p", String(port), ...common];
  }

  #overQuic(client: ClientName, { share, isRemote, cwd }: Scenario, quic: QuicWay): string[] {
    const port = isRemote ? quic.farPort : quic.nearPort;
    const address = [`//localhost/${share}`, "-I", this.#place.samba.host];
    const { smbclient } = this.#means;
    if (client === "smbx" || smbclient === undefined) {
      const how = ["--transport", `quic:${port}`, "--quic-ca", quic.caFile];
      return [process.execPath, PROGRAM, ...address, ...how];
    }
    const how = [
      `client smb transports=quic:${port}`,
      `tls cafile=${smbclient.path(quic.caFile)}`,
      "tls verify peer=ca_and_name",
    ];
    // Its uploads take longer than the 20 seconds that it bears silence.
    address.push("--timeout=600");
    return [...smbclient.command(cwd), ...address, ...how.map((option) => `--option=${option}`)];
  }

  /** Lets each program call smbstatus while it is connected. */
  negotiated(scenario: Scenario, client: ClientName): Negotiated {
    const { samba } = this.#place;
    const [program = "", ...args] = this.#commandLine(client, { ...scenario, isRemote: false });
    const smbstatus = findProgram("smbstatus") ?? "smbstatus";
    const { stdout } = spawnSync(program, args, {
      encoding: "utf8",
      env: { ...process.env, PASSWD: samba.password },
      input: `!${smbstatus} --configfile=${samba.configFile} --processes\n`,
    });
    const columns = /\b(SMB\d\S*)\s+(\S+)\s+(\S+)/.exec(stdout) ?? [];
    const [, dialect = "?", encryption = "?", signing = "?"] = columns;
    return { protection: scenario.protection, client, dialect, encryption, signing };
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      rounds: { type: "string" },
      only: { type: "string", default: "" },
      json: { type: "string" },
      smbclient: { type: "string", default: process.env["SMBX_BENCH_SMBCLIENT"] ?? "" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return void process.stdout.write(USAGE);
  const sizes = values.quick ? QUICK_SIZES : FULL_SIZES;
  await using place = await preparePlace(sizes);
  await using relay = await startDelayRelay(place.samba.port, ROUND_TRIP_MS);
  await using quic = quicUnavailable() === undefined ? await prepareQuicWay(place) : undefined;
  const smbclient =
    values.smbclient === "" ? undefined : findQuicSmbclient(values.smbclient, place);
  const bench = new Bench({ place, relayPort: relay.port, quic, smbclient });
  const chosen = scenarios(place, sizes)
    .filter(({ name }) => name.includes(values.only))
    .filter((scenario) => isPossible(scenario, quic));
  if (smbclient === undefined && chosen.some(({ wire }) => wire === "quic")) {
    tell("QUIC: no smbclient to compare with (--smbclient)");
  }
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  const negotiated = negotiations(bench, chosen);
  const results: ScenarioResult[] = [];
  for (const scenario of chosen) {
    process.stderr.write(`${scenario.name} ...`);
    const started = performance.now();
    results.push(
      await bench.compare(
        scenario,
        rounds ?? (values.quick ? Math.min(scenario.rounds, 2) : scenario.rounds),
      ),
    );
    process.stderr.write(` ${((performance.now() - started) / 1000).toFixed(0)} s\n`);
  }
  const machine = describeMachine(place);
  if (smbclient !== undefined) machine.push(`smbclient ${smbclient.version} over QUIC`);
  process.stdout.write(`\n${machine.join(", ")}\n`);
  for (const { protection, client, dialect, encryption, signing } of negotiated) {
    process.stdout.write(
      `${client} with protection ${protection}: ${dialect}, encryption ${encryption}, signing ${signing}\n`,
    );
  }
  process.stdout.write(`\n${renderTable(results)}`);
  if (values.json !== undefined) {
    writeFileSync(
      values.json,
      `${JSON.stringify({ machine, negotiated, results }, undefined, 2)}\n`,
    );
  }
}

/** False, aloud, for what cannot be measured here. */
function isPossible({ name, wire, isRemote }: Scenario, quic: QuicWay | undefined): boolean {
  if (wire !== "quic") return true;
  if (quic === undefined) tell(`${name}: skipped, ${quicUnavailable()}`);
  else if (isRemote && quic.farPort === undefined) tell(`${name}: skipped, there is no C compiler`);
  else return true;
  return false;
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

function negotiations(bench: Bench, chosen: readonly Scenario[]): Negotiated[] {
  const found: Negotiated[] = [];
  const overTcp = chosen.filter(({ wire }) => wire === "tcp");
  for (const protection of new Set(overTcp.map((scenario) => scenario.protection))) {
    const scenario = overTcp.find((one) => one.protection === protection);
    for (const client of CLIENTS) {
      if (scenario !== undefined) found.push(bench.negotiated(scenario, client));
    }
  }
  return found;
}

function describeMachine({ samba, isOnMemory }: Place): string[] {
  return [
    `Node ${process.version}`,
    `Samba ${samba.version}`,
    `${platform()} ${release()}`,
    `${cpus().length} x ${cpus()[0]?.model ?? "?"}`,
    isOnMemory ? "files on tmpfs" : "files on disk (too little memory in /dev/shm)",
    `load ${loadavg()[0]?.toFixed(1)}`,
  ];
}

await main();
