import { join } from "node:path";
import { FaultRelay } from "../support/fault-relay.ts";
import { PATIENCE_MS } from "../support/patience.ts";
import { type Finished, runProgram, SMBX } from "../support/program.ts";
import { QuicRelay } from "../support/quic-relay.ts";
import { UdpFaultRelay } from "../support/udp-fault-relay.ts";
import { commandOf, type Way } from "./command.ts";
import type { Fault, FaultKind } from "./fault.ts";
import { isInPlace, isTree, isUpload, type Job } from "./job.ts";
import { canResume, type Ending, judge, saysSuccess } from "./oracle.ts";
import { describeRound, planRound, type RoundPlan } from "./plan.ts";
import { Sabotage } from "./sabotage.ts";
import { Scene } from "./scene.ts";
import type { Stage } from "./stage.ts";

/** How long a server may take to notice that a connection is gone, and to free its files. */
const RECOVERY_MS = 30_000;

/** Faults that have no one moment. */
const DISTURBS_ALL_ALONG: ReadonlySet<Fault["kind"]> = new Set([
  "full disk",
  "network",
  "lag and cut",
]);

/** What came of one round. */
export interface RoundReport {
  readonly seed: number;
  /** The job and its faults, for people. */
  readonly description: string;
  readonly faultKind: FaultKind;
  readonly succeeded: boolean;
  /** What is wrong; empty where all is well. */
  readonly problems: readonly string[];
  /** How the program ended, and what it printed. */
  readonly ending: Ending;
}

/** Plays the round of a seed: the job under its faults, then again without them. */
export async function playRound(stage: Stage, seed: number): Promise<RoundReport> {
  return await new Round(stage, planRound(seed, stage.possible)).play();
}

class Round {
  readonly #stage: Stage;
  readonly #plan: RoundPlan;
  readonly #job: Job;
  readonly #faults: readonly Fault[];
  readonly #scene: Scene;
  readonly #share: string;

  constructor(stage: Stage, plan: RoundPlan) {
    const { seed, job, faults } = plan;
    this.#stage = stage;
    this.#plan = plan;
    this.#job = job;
    this.#faults = faults;
    const isFull = faults.some(({ kind }) => kind === "full disk");
    this.#share = isFull && isUpload(job) ? "full" : "share";
    const localDisk = isFull && !isUpload(job) ? stage.disks?.local : undefined;
    const local = join(localDisk ?? stage.directory, `r${seed}`);
    this.#scene = new Scene(job, local, join(stage.samba.sharePath(this.#share), `r${seed}`));
  }

  async play(): Promise<RoundReport> {
    this.#scene.prepare();
    try {
      const problems: string[] = [];
      const ending = await this.#underFaults(problems);
      const succeeded = saysSuccess(this.#job, ending);
      if (!succeeded) await this.#recover(problems);

      const { seed, faultKind } = this.#plan;
      const happened = ending.happened.join(", ") || "nothing";
      const description = `${describeRound(this.#plan)}\n  happened: ${happened}`;
      return { seed, description, faultKind, succeeded, problems, ending };
    } finally {
      this.#scene.remove();
    }
  }

  async #underFaults(
    problems: string[],
  ): Promise<Ending & { readonly happened: readonly string[] }> {
    const { samba } = this.#stage;
    this.#fillDisk();
    const relay = await FaultRelay.start(samba.port);
    const sabotage = new Sabotage(relay, samba, this.#faults);
    const quic = await this.#openQuic(relay);
    try {
      const port = quic?.port ?? relay.port;
      const ending = await this.#run(this.#way(port), false, sabotage);
      await quic?.close();
      await relay[Symbol.asyncDispose]();
      await sabotage.over();
      await this.#stage.settled();
      problems.push(...judge(this.#job, ending, this.#scene, sabotage.circumstances));
      const isQuiet = this.#faults.every(({ kind }) => !DISTURBS_ALL_ALONG.has(kind));
      if (isQuiet && sabotage.isBearable && !saysSuccess(this.#job, ending))
        problems.push("it failed though nothing had happened that it must not bear");
      return { ...ending, happened: sabotage.happened };
    } finally {
      this.#emptyDisk();
    }
  }

  /** Without faults it works, whatever was left: by resuming where there is something to resume. */
  async #recover(problems: string[]): Promise<void> {
    const { samba } = this.#stage;
    const [file] = this.#job.files;
    const resumes =
      isInPlace(this.#job) &&
      !isTree(this.#job) &&
      file !== undefined &&
      canResume(file, this.#scene.read(file));
    const way: Way = { ...this.#way(samba.port), transport: "tcp" };
    const deadline = performance.now() + RECOVERY_MS;
    let again: Ending;
    do {
      // The server may still hold what the lost connection had open.
      again = await this.#run(way, resumes);
    } while (!saysSuccess(this.#job, again) && performance.now() < deadline);
    await this.#stage.settled();
    const job = this.#job;
    const left = judge(job, again, { read: (each) => this.#scene.read(each), others: () => [] });
    if (!saysSuccess(job, again))
      left.push(`status ${again.status}: ${again.stdout}${again.stderr}`);
    problems.push(...left.map((problem) => `${resumes ? "resumed" : "done again"}: ${problem}`));
  }

  async #run(way: Way, resumes: boolean, sabotage?: Sabotage): Promise<Ending> {
    const { args, env } = commandOf(this.#job, way, resumes);
    const timeoutMs = PATIENCE_MS + 8000 * this.#job.timeoutSeconds;
    const started = performance.now();
    const finished: Finished = await runProgram(process.execPath, [SMBX, ...args], {
      ...{ env, timeoutMs, cwd: this.#scene.local, killSignal: "SIGKILL" },
      started: (child) => {
        if (sabotage !== undefined) sabotage.child = child;
      },
    });
    return { ...finished, hung: performance.now() - started >= timeoutMs };
  }

  #way(port: number): Way {
    const { samba, quic } = this.#stage;
    const { username, password } = samba;
    const caFile = quic?.caFile;
    return {
      ...{ port, username, password, transport: this.#job.transport },
      ...{ share: this.#share, directory: `r${this.#plan.seed}` },
      ...(caFile === undefined ? {} : { caFile }),
    };
  }

  async #openQuic(
    relay: FaultRelay,
  ): Promise<{ readonly port: number; close(): Promise<void> } | undefined> {
    if (this.#job.transport !== "quic" || this.#stage.quic === undefined) return undefined;
    const network = this.#faults.find((fault) => fault.kind === "network");
    const server = new QuicRelay({ ...this.#stage.quic.identity, tcpPort: relay.port });
    const faults = { largest: 1452, ...network?.faults };
    const udp = await UdpFaultRelay.open(server.port, faults, this.#plan.seed);
    const close = async (): Promise<void> => {
      await udp[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    };
    return { port: udp.port, close };
  }

  get #diskSide(): "local" | "server" {
    return isUpload(this.#job) ? "server" : "local";
  }

  /** Old files and sources are there already: room is left beside them. */
  #fillDisk(): void {
    const full = this.#faults.find((fault) => fault.kind === "full disk");
    if (full === undefined) return;
    this.#stage.limitDisk(this.#diskSide, this.#scene.targetBytes() + full.bytes);
  }

  #emptyDisk(): void {
    if (this.#stage.disks !== undefined) this.#stage.limitDisk(this.#diskSide);
  }
}
