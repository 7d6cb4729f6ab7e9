import assert from "node:assert/strict";
import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Place, type Sizes, SMALL_SIZE } from "./place.ts";
import { QUIC_ROUND_TRIP_MS } from "./quic-way.ts";

export type Protection = "off" | "sign" | "encrypt";

/** One piece of work that both programs do with the same commands. */
export interface Scenario {
  readonly name: string;
  readonly share: "share" | "empty";
  /** What follows `-c`. */
  readonly commands: string;
  readonly protection: Protection;
  readonly wire: "tcp" | "quic";
  /** Through the relay that adds a round-trip time. */
  readonly isRemote: boolean;
  readonly rounds: number;
  /** How many times as fast as smbclient we want to be. */
  readonly target: number;
  /** The most memory we want to use, MiB. */
  readonly maxPeakMiB?: number;
  readonly bytes?: number;
  readonly files?: number;
  /** smbclient is ended after so long, and what it did counts. */
  readonly limitSeconds?: number;
  /** Where the program starts. */
  readonly cwd: string;
  /** Before each run. */
  prepare(): void;
  /** How much of it is done, from 0 to 1. */
  progress(): number;
  /** After each run. @throws {AssertionError} where the work was not done */
  check(): void;
}

const MODES: readonly (readonly [Protection, string])[] = [
  ["off", "clear"],
  ["sign", "signed"],
  ["encrypt", "encrypted"],
];

/** All scenarios, in the order of the report. */
export function scenarios(place: Place, sizes: Sizes): readonly Scenario[] {
  const remote = { isRemote: true, rounds: 2 };
  return [
    ...MODES.flatMap(([protection, name]) => [
      big(place, { direction: "get", name, protection, file: "big", sizeMiB: sizes.bigMiB }),
      big(place, { direction: "put", name, protection, file: "big", sizeMiB: sizes.bigMiB }),
    ]),
    many(place, { direction: "mget", folder: "small", count: sizes.smallFiles, target: 3 }),
    many(place, { direction: "mput", folder: "small", count: sizes.smallFiles, target: 3 }),
    listing(place, sizes.entries),
    startUp(place),
    {
      ...many(place, {
        direction: "mget",
        folder: "few",
        count: sizes.relaySmallFiles,
        target: 20,
      }),
      ...remote,
    },
    {
      ...many(place, {
        direction: "mput",
        folder: "few",
        count: sizes.relaySmallFiles,
        target: 20,
      }),
      ...remote,
    },
    ...(["get", "put"] as const).map((direction) => ({
      ...big(place, {
        direction,
        name: "signed",
        protection: "sign",
        file: "relay",
        sizeMiB: sizes.relayMiB,
      }),
      isRemote: true,
    })),
  ]
    .map((scenario) =>
      scenario.isRemote ? { ...scenario, name: `${scenario.name}, 10 ms` } : scenario,
    )
    .concat(overQuic(place, sizes));
}

/** Large files over QUIC, near and far; SMB leaves protection to TLS. */
function overQuic(place: Place, { quicMiB, quicSeconds }: Sizes): Scenario[] {
  const ways = [
    { isRemote: false, words: "QUIC", target: 1 },
    { isRemote: true, words: `QUIC, ${QUIC_ROUND_TRIP_MS} ms`, target: 2 },
  ];
  return ways.flatMap(({ isRemote, words, target }) =>
    (["get", "put"] as const).map((direction) => ({
      ...big(place, { direction, name: words, protection: "off", file: "quic", sizeMiB: quicMiB }),
      ...{ wire: "quic" as const, isRemote, target, limitSeconds: quicSeconds },
    })),
  );
}

const COMMON = {
  share: "share",
  protection: "sign",
  wire: "tcp",
  isRemote: false,
  rounds: 3,
  progress: () => 1,
} as const;

function big(
  place: Place,
  work: {
    readonly direction: "get" | "put";
    readonly name: string;
    readonly protection: Protection;
    readonly file: string;
    readonly sizeMiB: number;
  },
): Scenario {
  const { direction, file, sizeMiB } = work;
  const isGet = direction === "get";
  const result = isGet ? join(place.target, "copy") : join(place.samba.sharePath("share"), "copy");
  return {
    ...COMMON,
    name: `${direction} ${sizeMiB} MiB ${work.name}`,
    commands: `${direction} ${file} copy`,
    protection: work.protection,
    target: 1,
    maxPeakMiB: 200,
    bytes: sizeMiB * 1024 * 1024,
    cwd: isGet ? place.target : place.source,
    prepare: () => rmSync(result, { force: true }),
    progress: () => statSync(result).size / (sizeMiB * 1024 * 1024),
    check: () => assert.equal(statSync(result).size, sizeMiB * 1024 * 1024),
  };
}

function many(
  place: Place,
  work: {
    readonly direction: "mget" | "mput";
    readonly folder: string;
    readonly count: number;
    readonly target: number;
  },
): Scenario {
  const { direction, folder, count, target } = work;
  const isGet = direction === "mget";
  const result = isGet ? join(place.target, "many") : join(place.samba.sharePath("share"), "up");
  return {
    ...COMMON,
    name: `${direction} ${count} files of 4 KiB`,
    commands: `prompt; cd ${isGet ? folder : "up"}; ${direction} *`,
    target,
    bytes: count * SMALL_SIZE,
    files: count,
    cwd: isGet ? result : join(place.source, folder),
    prepare() {
      rmSync(result, { recursive: true, force: true });
      mkdirSync(result);
    },
    check() {
      const names = readdirSync(result);
      assert.equal(names.length, count);
      for (const name of names) assert.equal(statSync(join(result, name)).size, SMALL_SIZE);
    },
  };
}

function listing(place: Place, entries: number): Scenario {
  return {
    ...COMMON,
    name: `ls of ${entries} entries`,
    commands: "cd many; ls",
    target: 1,
    files: entries,
    cwd: place.target,
    prepare: () => undefined,
    check: () => undefined,
  };
}

function startUp(place: Place): Scenario {
  return {
    ...COMMON,
    name: "start-up (ls of an empty share)",
    share: "empty",
    commands: "ls",
    rounds: 7,
    target: 1 / 3,
    cwd: place.target,
    prepare: () => undefined,
    check: () => undefined,
  };
}
