import type { ChildProcess } from "node:child_process";
import type { FaultRelay, RelayedConnection } from "../support/fault-relay.ts";
import type { Samba } from "../support/samba.ts";
import { type Fault, isHarmless } from "./fault.ts";
import type { Circumstances } from "./oracle.ts";

/** What binding a connection to a session takes; one with more bytes is in use. */
const BOUND_BYTES = 3000;

interface Happened {
  readonly fault: Fault;
  /** How many other connections there were that were in use. */
  readonly others: number;
}

/** Makes the faults of one round happen, each when its moment has come. */
export class Sabotage {
  /** The program; known as soon as it runs. */
  child: ChildProcess | undefined;
  readonly #relay: FaultRelay;
  readonly #samba: Samba;
  readonly #restarts: Promise<void>[] = [];
  readonly #happened: Happened[] = [];
  #sent: NodeJS.Signals | undefined;

  constructor(relay: FaultRelay, samba: Samba, faults: readonly Fault[]) {
    this.#relay = relay;
    this.#samba = samba;
    for (const fault of faults) this.#plan(fault);
  }

  /** What did happen, in this order. */
  get happened(): readonly string[] {
    return this.#happened.map(({ fault, others }) => `${fault.kind} (${others} others in use)`);
  }

  get circumstances(): Circumstances {
    return {
      sent: this.#sent,
      serverDied: this.#restarts.length > 0,
      lost: this.#happened.some(({ fault }) => losesConnection(fault)),
    };
  }

  /** Whether the program must succeed all the same: where another connection is left it is to be used. */
  get isBearable(): boolean {
    return this.#happened.every(({ fault, others }) => {
      if (fault.kind === "cut" || (fault.kind === "long stall" && !fault.all)) return others > 0;
      return isHarmless(fault);
    });
  }

  /** Resolves when the server runs again. */
  async over(): Promise<void> {
    await Promise.all(this.#restarts);
  }

  #plan(fault: Fault): void {
    if (fault.kind === "none" || fault.kind === "full disk" || fault.kind === "network") return;
    if (fault.kind === "lag and cut") {
      this.#relay.at(fault.from.direction, fault.from.byte, (connection) =>
        connection.slow(fault.from.direction, fault.bytesPerMs),
      );
    }
    this.#relay.at(fault.at.direction, fault.at.byte, (connection, rest) => {
      this.#happened.push({ fault, others: this.#inUseBeside(connection) });
      this.#happen(fault, connection, rest);
    });
  }

  #inUseBeside(connection: RelayedConnection): number {
    const inUse = this.#relay.connections.filter((each) => each.isOpen && each.bytes > BOUND_BYTES);
    return inUse.filter((each) => each !== connection).length;
  }

  #happen(fault: Fault, connection: RelayedConnection, rest: Buffer): void {
    switch (fault.kind) {
      case "cut":
        connection.cut(fault.how);
        break;
      case "cut all":
        this.#relay.refuses ||= fault.refuses;
        this.#cutAll(fault.how);
        break;
      case "lag and cut":
        this.#cutAll("reset");
        break;
      case "stall":
      case "long stall":
        this.#stall(fault, connection);
        break;
      case "split":
        connection.split(fault.at.direction, fault.bytes, fault.largest);
        break;
      case "flip":
        rest[0] = (rest[0] ?? 0) ^ (1 << fault.bit);
        break;
      case "kill":
        this.#sent ??= fault.signal;
        this.child?.kill(fault.signal);
        break;
      case "restart":
        this.#restarts.push(this.#restart(fault.signal));
    }
  }

  /** One after the other: a server that is being started cannot be ended. */
  async #restart(signal: NodeJS.Signals): Promise<void> {
    await Promise.all(this.#restarts);
    await this.#samba.restart(signal);
  }

  #cutAll(how: "reset" | "end"): void {
    for (const connection of this.#relay.connections) connection.cut(how);
  }

  #stall(fault: Fault & { kind: "stall" | "long stall" }, connection: RelayedConnection): void {
    const ways = fault.way === "both" ? (["up", "down"] as const) : [fault.way];
    const connections = fault.all ? this.#relay.connections : [connection];
    for (const each of connections) for (const way of ways) each.stall(way, fault.ms);
  }
}

/** Whether the program cannot put anything in order any more. A signature that is wrong may be answered. */
function losesConnection(fault: Fault): boolean {
  if (fault.kind === "kill") return fault.signal === "SIGKILL";
  return !["none", "stall", "split", "full disk", "network"].includes(fault.kind);
}
