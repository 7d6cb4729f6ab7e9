import { execFileSync, spawnSync } from "node:child_process";
import { peer } from "./peer.ts";

/** Takes a link of the client down, and up again. */
export function setLink(link: number, state: "up" | "down"): void {
  execFileSync("ip", ["link", "set", `cli${link}`, state]);
  // IPv6 addresses go with the link.
  const address = ["addr", "replace", `fd77:${link}::2/64`, "dev", `cli${link}`, "nodad"];
  if (state === "up") execFileSync("ip", address);
}

/** Takes the RDMA device of a link away from under its connections. */
export function removeDevice(link: number): void {
  execFileSync("rdma", ["link", "del", `rcli${link}`]);
}

function hasDevice(link: number): boolean {
  const { stdout } = spawnSync("rdma", ["link", "show"], { encoding: "utf8" });
  return stdout.includes(`rcli${link}/`);
}

/** Puts it back, where it is not there. */
export function restoreDevice(link: number): void {
  if (hasDevice(link)) return;
  const args = ["link", "add", `rcli${link}`, "type", peer.rdma, "netdev", `cli${link}`];
  execFileSync("rdma", args);
}

/**
 * Makes the devices of a link anew where nobody can connect over them any more: a message for which
 * soft-RoCE finds no route, as while a link is down, breaks the kernel's own queue pair 1 for good.
 */
export function reviveDevices(link: number): void {
  const { stdout } = spawnSync("rdma", ["-j", "resource", "show", "qp"], { encoding: "utf8" });
  const pairs = JSON.parse(stdout) as { ifname: string; type: string; state: string }[];
  const broken = pairs.filter(({ type, state }) => type === "GSI" && state === "ERR");
  for (const end of ["cli", "srv"]) {
    const device = `r${end}${link}`;
    if (!broken.some(({ ifname }) => ifname === device)) continue;
    const remove = ["rdma", "link", "del", device];
    const add = ["rdma", "link", "add", device, "type", peer.rdma, "netdev", `${end}${link}`];
    for (const args of [remove, add])
      execFileSync("env", end === "srv" ? ["on-server", ...args] : args);
  }
}

/** Resets one TCP connection to the server, by our port. */
export function killConnection(localPort: number): void {
  const found = execFileSync("ss", ["-K", "-H", "-t", "sport", "=", `:${localPort}`], {
    encoding: "utf8",
  });
  if (found.trim() === "") throw new Error(`There is no connection from port ${localPort}`);
}

/** Our ports of the TCP connections to the server's SMB port. */
export function connectionPorts(): number[] {
  const args = ["-H", "-t", "-n", "state", "established", "dport", "=", ":445"];
  const lines = execFileSync("ss", args, { encoding: "utf8" }).trim().split("\n");
  return lines.flatMap((line) => {
    const [, port] = /:(\d+) +\S+:445\b/.exec(line) ?? [];
    return port === undefined ? [] : Number(port);
  });
}
