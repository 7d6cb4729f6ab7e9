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
const PROGRAM = fileURLToPath(new URL("../../bin/smbx.js", import.meta.url));
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

  #run(client: ClientName, scenario: Scenario, keepsOutput = false): Promise<Measurement> {
    const { samba } = this.#place;
    const program =
      client === "smbx" ? [process.execPath, PROGRAM] : [findProgram(client) ?? client];
    const port = scenario.isRemote ? this.#relayPort : samba.port;
    return measure({
      command: [
        ...program,
        `//${samba.host}/${scenario.share}`,
        ...["-p", String(port), "-U", samba.username],
        ...[`--client-protection=${scenario.protection}`, "-c", scenario.commands],
      ],
      cwd: scenario.cwd,
      env: { PASSWD: samba.password },
      keepsOutput,
    });
  }

  /** Lets each program call smbstatus while it is connected. */
  async negotiated(scenario: Scenario, client: ClientName): Promise<Negotiated> {
    const smbstatus = `${findProgram("smbstatus") ?? "smbstatus"} --configfile=${this.#place.samba.configFile}`;
    const asking = { ...scenario, commands: `!${smbstatus} --processes`, isRemote: false };
    const { output } = await this.#run(client, asking, true);
    const line = output.split("\n").find((text) => /\bSMB\d/.test(text)) ?? "";
    const [dialect = "?", encryption = "?", signing = "?"] = line
      .slice(Math.max(0, line.search(/\bSMB\d/)))
      .split(/\s+/);
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
  const negotiated = await negotiations(bench, chosen);
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

async function negotiations(bench: Bench, chosen: readonly Scenario[]): Promise<Negotiated[]> {
  const found: Negotiated[] = [];
  for (const protection of new Set(chosen.map((scenario) => scenario.protection))) {
    const scenario = chosen.find((one) => one.protection === protection);
    for (const client of CLIENTS) {
      if (scenario !== undefined) found.push(await bench.negotiated(scenario, client));
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
