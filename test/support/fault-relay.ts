import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { Way } from "./relay-way.ts";

/** Which way bytes go: `up` to the server, `down` to the client. */
export type Direction = "up" | "down";

/**
 * Called when the byte that was waited for has come, before it goes on: `rest` is it and what follows
 * in its piece, and may be changed.
 */
export type Act = (connection: RelayedConnection, rest: Buffer) => void;

/** One connection through the relay. */
export interface RelayedConnection {
  /** Bytes that came so far, in both directions. */
  readonly bytes: number;
  readonly isOpen: boolean;
  /** `reset` (where not given) loses what is under way; `end` delivers it and closes both ends. */
  cut(how?: "reset" | "end"): void;
  /** The server's next `frames` frames get through, and none after them. */
  muteAfter(frames: number): void;
  /** Nothing goes on in this direction for `ms` milliseconds. */
  stall(direction: Direction, ms: number): void;
  /** The next `bytes` go on in pieces of 1 to `largest` bytes, a segment each. */
  split(direction: Direction, bytes: number, largest: number): void;
  /** From now on so many bytes a millisecond, as over a slow way. */
  slow(direction: Direction, bytesPerMs: number): void;
}

/**
 * A TCP relay to a port of this machine that does to connections what networks do: it cuts, stalls,
 * splits and slows them, and lets bytes be changed on the way.
 */
export class FaultRelay implements AsyncDisposable {
  /** In the order in which they came. */
  readonly connections: readonly RelayedConnection[];
  /** New connections are refused from now on. */
  refuses = false;
  readonly #connections: Relayed[] = [];
  readonly #server: Server;
  readonly #passed: Record<Direction, number> = { up: 0, down: 0 };
  readonly #waiting: Record<Direction, { readonly byte: number; readonly act: Act }[]> = {
    up: [],
    down: [],
  };

  private constructor(targetPort: number) {
    this.connections = this.#connections;
    this.#server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
      if (this.refuses) {
        client.resetAndDestroy();
        return;
      }
      const there = { host: "127.0.0.1", port: targetPort };
      const target = connect({ ...there, noDelay: true, allowHalfOpen: true });
      this.#connections.push(
        new Relayed(client, target, (piece, direction) => this.#next(piece, direction)),
      );
    });
  }

  static async start(targetPort: number): Promise<FaultRelay> {
    const relay = new FaultRelay(targetPort);
    relay.#server.listen(0, "127.0.0.1");
    await once(relay.#server, "listening");
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** What came so far over all connections, in both directions. */
  get bytes(): number {
    return this.#passed.up + this.#passed.down;
  }

  /** Calls `act` once when byte number `byte` of all that goes in this direction has come. */
  at(direction: Direction, byte: number, act: Act): void {
    this.#waiting[direction].push({ byte, act });
    this.#waiting[direction].sort((one, other) => one.byte - other.byte);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#connections) connection.cut();
    this.#server.close();
    await once(this.#server, "close");
  }

  /** How much of `piece` goes on before something happens, and what happens then. */
  #next(piece: Buffer, direction: Direction): { readonly length: number; readonly act?: Act } {
    const waiting = this.#waiting[direction];
    const end = this.#passed[direction] + piece.length;
    const [first] = waiting;
    if (first === undefined || first.byte >= end) {
      this.#passed[direction] = end;
      return { length: piece.length };
    }
    waiting.shift();
    const length = Math.max(0, first.byte - this.#passed[direction]);
    this.#passed[direction] += length;
    return { length, act: first.act };
  }
}

type Next = (
  piece: Buffer,
  direction: Direction,
) => { readonly length: number; readonly act?: Act };

class Relayed implements RelayedConnection {
  bytes = 0;
  isOpen = true;
  readonly #client: Socket;
  readonly #target: Socket;
  readonly #ways: Readonly<Record<Direction, Way>>;

  constructor(client: Socket, target: Socket, next: Next) {
    this.#client = client;
    this.#target = target;
    this.#ways = { up: new Way(client, target), down: new Way(target, client) };
    this.#join("up", client, target, next);
    this.#join("down", target, client, next);
  }

  cut(how: "reset" | "end" = "reset"): void {
    this.isOpen = false;
    if (how === "end") {
      for (const way of Object.values(this.#ways)) way.end();
      return;
    }
    for (const end of [this.#client, this.#target]) end.resetAndDestroy();
  }

  muteAfter(frames: number): void {
    this.#ways.down.muteAfter(frames);
  }

  stall(direction: Direction, ms: number): void {
    this.#ways[direction].stall(ms);
  }

  split(direction: Direction, bytes: number, largest: number): void {
    this.#ways[direction].split(bytes, largest);
  }

  slow(direction: Direction, bytesPerMs: number): void {
    this.#ways[direction].slow(bytesPerMs);
  }

  #join(direction: Direction, from: Socket, to: Socket, next: Next): void {
    const way = this.#ways[direction];
    from.on("data", (bytes: Buffer) => {
      this.bytes += bytes.length;
      let rest = bytes;
      while (rest.length > 0 && this.isOpen) {
        const { length, act } = next(rest, direction);
        way.push(rest.subarray(0, length));
        rest = rest.subarray(length);
        act?.(this, rest);
      }
    });
    from.on("end", () => way.end());
    from.on("error", () => {});
    from.on("close", (hadError) => {
      this.isOpen = false;
      // What came before an orderly end is still on its way.
      if (hadError || !from.readableEnded) to.destroy();
    });
  }
}
