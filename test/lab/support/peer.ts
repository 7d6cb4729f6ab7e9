import { chownSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { type ConnectOptions, connect } from "../../../src/connect.ts";
import type { DialTarget, SmbClient, TransportChoice } from "../../../src/core/index.ts";

function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: this runs in the lab's guest`);
  return value;
}

/** The server of the lab, as the guest's environment names it. */
export const peer = {
  host: variable("LAB_SERVER"),
  host6: variable("LAB_SERVER6"),
  username: variable("LAB_USER"),
  password: variable("LAB_PASSWORD"),
  /** A share for the user, and one for guests. */
  share: variable("LAB_SHARE"),
  publicShare: variable("LAB_PUBLIC"),
  rdma: variable("LAB_RDMA") as "rxe" | "siw" | "none",
  rdmaPort: Number(variable("LAB_RDMA_PORT")),
  links: Number(variable("LAB_LINKS")),
} as const;

/** True where what takes long under emulation is to be done, too. */
export const isLong: boolean = (process.env["SMBX_LAB_LONG"] ?? "") !== "";

/** The directory behind a share. */
export function diskOf(share: string): string {
  return join("/srv", share);
}

/** Those of `connect`, and another address of the server. */
export interface PeerOptions extends ConnectOptions {
  readonly host?: string;
}

/** A client logged on as the lab's user, over TCP unless `options` say otherwise. */
export function connectToPeer(options: PeerOptions = {}): Promise<SmbClient> {
  const { host = peer.host, ...rest } = options;
  const target: DialTarget = { host };
  const order: readonly TransportChoice[] = [{ kind: "tcp" }];
  const { username, password } = peer;
  return connect(target, { username, password, order, timeoutMs: 60_000, ...rest });
}

/** Makes the lab's user the owner of what root has put on a share. */
export function giveToUser(path: string): void {
  const { uid, gid } = statSync(diskOf(peer.share));
  chownSync(path, uid, gid);
}

/** Empties a share behind the server's back. */
export function emptyShare(share: string = peer.share): void {
  const disk = diskOf(share);
  for (const name of readdirSync(disk)) rmSync(join(disk, name), { recursive: true });
}
