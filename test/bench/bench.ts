import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus, platform, release } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { findProgram } from "../../src/cli/embedded/samba-programs.ts";
import { startDelayRelay } from "../support/delay-relay.ts";
import { type Measurement, measure } from "./measure.ts";
import { FULL_SIZES, type Place, preparePlace, QUICK_SIZES } from "./place.ts";
import { type ClientName, judge, renderTable, type ScenarioResult, summarize } from "./report.ts";
import { type Protection, type Scenario, scenarios } from "./scenarios.ts";

const USAGE = `npm run bench [-- OPTIONS]: smbx and smbclient side by side on the same work

  --quick        less work, two rounds
  --rounds N     rounds of every scenario
  --only TEXT    only the scenarios whose name contains TEXT
  --json FILE    write the results as JSON, too
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

class Bench {
  readonly #place: Place;
  readonly #relayPort: number;

  constructor(place: Place, relayPort: number) {
    this.#place = place;
    this.#relayPort = relayPort;
  }

  /** Runs the two programs in turn, so that what disturbs the machine disturbs both. */
  async compare(scenario: Scenario, rounds: number): Promise<ScenarioResult> {
    const runs: Record<ClientName, Measurement[]> = { smbx: [], smbclient: [] };
    for (let round = 0; round < rounds; round += 1) {
      for (const client of CLIENTS) {
        scenario.prepare();
        runs[client].push(await this.#run(client, scenario));
        scenario.check();
      }
    }
    return judge(scenario, summarize(runs.smbx), summarize(runs.smbclient));
  }

  #run(client: ClientName, scenario: Scenario): Promise<Measurement> {
    return measure({
      command: [...this.#commandLine(client, scenario), "-c", scenario.commands],
      cwd: scenario.cwd,
      env: { PASSWD: this.#place.samba.password },
    });
  }

  #commandLine(client: ClientName, { share, protection, isRemote }: Scenario): string[] {
    const { samba } = this.#place;
    const program =
      client === "smbx" ? [process.execPath, PROGRAM] : [findProgram(client) ?? client];
    const port = isRemote ? this.#relayPort : samba.port;
    const address = [`//${samba.host}/${share}`, "-p", String(port), "-U", samba.username];
    return [...program, ...address, `--client-protection=${protection}`];
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
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return void process.stdout.write(USAGE);
  const sizes = values.quick ? QUICK_SIZES : FULL_SIZES;
  await using place = await preparePlace(sizes);
  await using relay = await startDelayRelay(place.samba.port, ROUND_TRIP_MS);
  const bench = new Bench(place, relay.port);
  const chosen = scenarios(place, sizes).filter(({ name }) => name.includes(values.only));
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

function negotiations(bench: Bench, chosen: readonly Scenario[]): Negotiated[] {
  const found: Negotiated[] = [];
  for (const protection of new Set(chosen.map((scenario) => scenario.protection))) {
    const scenario = chosen.find((one) => one.protection === protection);
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
  ];
}

await main();
