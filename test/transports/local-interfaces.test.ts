import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { localInterfaces } from "../../src/transports/local-interfaces.ts";
import { withDirectory } from "../cli/transfer/with-directory.ts";

const MAC = "00:00:00:00:00:00";

function ipv4(address: string, cidr: string, internal = false) {
  return { address, cidr, internal, family: "IPv4", netmask: "", mac: MAC } as const;
}

describe("localInterfaces", () => {
  it("reads no more of a large table of addresses than is in use", () =>
    withDirectory(async (directory) => {
      const table = join(directory, "infiniband/rxe0/ports/1/gid_attrs/ndevs");
      mkdirSync(table, { recursive: true });
      const names: Readonly<Record<number, string>> = { 0: "eth0\n", 40: "vlan7\n", 900: "eth9\n" };
      for (let entry = 0; entry < 1024; entry += 1) {
        writeFileSync(join(table, `${entry}`), names[entry] ?? "");
      }
      const found = await localInterfaces(directory, {
        eth0: [ipv4("10.0.0.9", "10.0.0.9/24")],
        vlan7: [ipv4("10.0.7.9", "10.0.7.9/24")],
        eth9: [ipv4("10.0.9.9", "10.0.9.9/24")],
      });
      const devices = found.map(({ rdmaDevice }) => rdmaDevice);
      assert.deepEqual(devices, ["rxe0", "rxe0", undefined]);
    }));

  it("tells speed, queues and RDMA devices as Linux has them", () =>
    withDirectory(async (directory) => {
      const files: Readonly<Record<string, string>> = {
        "net/eth0/ifindex": "2\n",
        "net/eth0/speed": "10000\n",
        "net/eth0/queues/rx-0/rps_cpus": "",
        "net/eth0/queues/rx-1/rps_cpus": "",
        "net/eth0/queues/tx-0/xps_cpus": "",
        "net/eth1/ifindex": "3\n",
        "net/eth1/speed": "-1\n",
        "net/eth1/queues/rx-0/rps_cpus": "",
        "net/ib0/ifindex": "4\n",
        // A card: the network interface is that of the same PCI device.
        "infiniband/mlx5_0/device/net/ib0/mtu": "2044",
        // A software device: its parent, or the interface of its addresses.
        "infiniband/rxe0/parent": "eth0\n",
        "infiniband/siw0/ports/1/gid_attrs/ndevs/0": "eth1\n",
      };
      for (const [file, text] of Object.entries(files)) {
        mkdirSync(dirname(join(directory, file)), { recursive: true });
        writeFileSync(join(directory, file), text);
      }
      const found = await localInterfaces(directory, {
        lo: [ipv4("127.0.0.1", "127.0.0.1/8", true)],
        eth0: [
          ipv4("10.0.0.9", "10.0.0.9/24"),
          {
            address: "FD00::9",
            cidr: "fd00::9/64",
            internal: false,
            family: "IPv6",
            netmask: "",
            mac: MAC,
            scopeid: 0,
          },
        ],
        eth1: [ipv4("10.0.1.9", "10.0.1.9/16")],
        ib0: [ipv4("10.1.0.9", "10.1.0.9/24")],
      });
      const told = found.map(
        ({ name, index, address, prefixLength, linkSpeed, isRssCapable, rdmaDevice }) =>
          `${name} ${index} ${address}/${prefixLength} ${linkSpeed / 1e9} ${isRssCapable} ${rdmaDevice}`,
      );
      assert.deepEqual(told, [
        "lo 0 127.0.0.1/8 0 true undefined",
        "eth0 2 10.0.0.9/24 10 true rxe0",
        "eth0 2 fd00::9/64 10 true rxe0",
        "eth1 3 10.0.1.9/16 0 false siw0",
        "ib0 4 10.1.0.9/24 0 true mlx5_0",
      ]);
      assert.equal(found[0]?.isLoopback, true);
    }));

  it("tells the addresses where there is no such system", async () => {
    const addresses = { en0: [ipv4("10.0.0.9", "10.0.0.9/24")] };
    const [found] = await localInterfaces("/nowhere", addresses);
    assert.equal(found?.address, "10.0.0.9");
    assert.equal(found?.rdmaDevice, undefined);
  });
});
