import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodeNdr, encodeNdr, type NdrType } from "../../../src/core/rpc/ndr.ts";
import {
  conformantArray,
  conformantVaryingArray,
  full,
  literal,
  parameters,
  reference,
  struct,
  uint8,
  uint16,
  uint32,
  uint64,
  unique,
  uniqueString,
  varyingArray,
  wideString,
} from "../../../src/core/rpc/ndr-types.ts";
import { fromHex, toHex } from "../../support/hex.ts";

const WIRE_FORMAT = { code: "ERR_SMB_WIRE_FORMAT" };

interface Node {
  readonly a: number;
  readonly next: { readonly name: string | undefined; readonly b: number } | undefined;
  readonly c: number;
}

/** Structures, pointers and arrays: a value and its bytes, from C706 chapter 14. */
const cases: readonly [string, NdrType<never>, unknown, string][] = [
  [
    "small numbers",
    struct({ a: uint8, b: uint16, c: uint8, d: uint32 }) as NdrType<never>,
    { a: 1, b: 2, c: 3, d: 4 },
    "01 00 0200 03 000000 04000000",
  ],
  [
    "a hyper, aligned to eight",
    struct({ a: uint8, b: uint64 }) as NdrType<never>,
    { a: 1, b: 0xffff_ffff_ffff_fffen },
    "01 00000000000000 feffffffffffffff",
  ],
  ["a null pointer", unique(uint32) as NdrType<never>, undefined, "00000000"],
  ["a pointer", unique(uint32) as NdrType<never>, 5, "00000200 05000000"],
  [
    "a pointer to a pointer",
    unique(unique(uint32)) as NdrType<never>,
    5,
    "00000200 04000200 05000000",
  ],
  [
    "a reference",
    struct({ a: reference(uint16), b: uint16 }) as NdrType<never>,
    { a: 1, b: 2 },
    "00000200 0200 0100",
  ],
  [
    "a conformant array",
    conformantArray(uint16) as NdrType<never>,
    [1, 2, 3],
    "03000000 0100 0200 0300",
  ],
  ["an empty array", conformantArray(uint64) as NdrType<never>, [], "00000000"],
  [
    "an array of hypers",
    conformantArray(uint64) as NdrType<never>,
    [1n],
    "01000000 00000000 0100000000000000",
  ],
  ["a varying array", varyingArray(uint8) as NdrType<never>, [1, 2], "00000000 02000000 0102"],
  [
    "a conformant varying array",
    conformantVaryingArray(uint8) as NdrType<never>,
    [9],
    "01000000 00000000 01000000 09",
  ],
  ["a string", wideString as NdrType<never>, "aß", "03000000 00000000 03000000 6100df000000"],
  ["an empty string", wideString as NdrType<never>, "", "01000000 00000000 01000000 0000"],
  [
    "what pointers of an array lead to, behind the array",
    conformantArray(struct({ a: unique(uint8), b: unique(uint8) })) as NdrType<never>,
    [
      { a: 1, b: 2 },
      { a: undefined, b: 3 },
    ],
    "02000000 00000200 04000200 00000000 08000200 01 02 03",
  ],
  [
    "what pointers of a referent lead to, behind the referent",
    struct<Node>({
      a: uint32,
      next: unique(struct({ name: uniqueString, b: uint32 })),
      c: uint32,
    }) as NdrType<never>,
    { a: 1, next: { name: "x", b: 2 }, c: 3 },
    "01000000 00000200 03000000 04000200 02000000 02000000 00000000 02000000 78000000",
  ],
  [
    "parameters, each followed by what it leads to",
    parameters({ a: uniqueString, b: uint32 }) as NdrType<never>,
    { a: "x", b: 7 },
    "00000200 02000000 00000000 02000000 78000000 07000000",
  ],
];

describe("NDR", () => {
  for (const [name, type, value, hex] of cases) {
    it(`writes and reads ${name}`, () => {
      assert.equal(toHex(encodeNdr(type, value as never)), hex.replaceAll(" ", ""));
      assert.deepStrictEqual(decodeNdr(type, fromHex(hex)), value);
    });
    it(`refuses ${name} cut short`, () => {
      const bytes = fromHex(hex);
      for (let length = 0; length < bytes.length; length += 1) {
        assert.throws(() => decodeNdr(type, bytes.subarray(0, length)), WIRE_FORMAT, `${length}`);
      }
    });
  }

  it("gives full pointers to one object one id and one copy", () => {
    const type = conformantArray(full(struct({ a: uint32 })));
    const shared = { a: 7 };
    const bytes = encodeNdr(type, [shared, { a: 8 }, shared, undefined]);
    const hex = "04000000 00000200 04000200 00000200 00000000 07000000 08000000";
    assert.equal(toHex(bytes), hex.replaceAll(" ", ""));
    const [first, second, third, fourth] = decodeNdr(type, bytes);
    assert.deepEqual([first, second, fourth], [shared, { a: 8 }, undefined]);
    assert.equal(third, first);
  });

  it("resolves a full pointer that is met again after its object", () => {
    const type = parameters({ a: full(uint32), b: full(uint32) });
    assert.deepEqual(decodeNdr(type, fromHex("00000200 05000000 00000200")), { a: 5, b: 5 });
  });

  it("ends a string at its first NUL, and takes one without", () => {
    const text = (hex: string): string => decodeNdr(wideString, fromHex(hex));
    assert.equal(text("04000000 00000000 04000000 6100000062000000"), "a");
    assert.equal(text("01000000 00000000 01000000 6100"), "a");
    assert.equal(text("00000000 00000000 00000000"), "");
  });
});

describe("NDR that lies", () => {
  const lies: readonly [string, NdrType<never>, string][] = [
    ["a count beyond the stub", conformantArray(uint8) as NdrType<never>, "ffffffff 00"],
    [
      "a count of structures",
      conformantArray(struct({ a: uint32, b: uint32 })) as NdrType<never>,
      "02000000 0000000000000000 00000000",
    ],
    ["a count of pointers", conformantArray(unique(uint8)) as NdrType<never>, "ffffff3f 00000000"],
    ["a string's length", wideString as NdrType<never>, "ffffffff 00000000 ffffffff 6100"],
    [
      "a string longer than its room",
      wideString as NdrType<never>,
      "01000000 00000000 02000000 61006200",
    ],
    [
      "a string that does not start at 0",
      wideString as NdrType<never>,
      "02000000 01000000 01000000 6100",
    ],
    [
      "an array that does not start at 0",
      varyingArray(uint8) as NdrType<never>,
      "01000000 01000000 00",
    ],
    [
      "an array longer than its room",
      conformantVaryingArray(uint8) as NdrType<never>,
      "01000000 00000000 02000000 0102",
    ],
    ["a null reference", reference(uint8) as NdrType<never>, "00000000"],
    ["another level", literal(1) as NdrType<never>, "02000000"],
  ];
  for (const [what, type, hex] of lies) {
    it(`about ${what} is refused`, () => {
      assert.throws(() => decodeNdr(type, fromHex(hex)), WIRE_FORMAT);
    });
  }

  it("in a full pointer to itself is refused", () => {
    const inner = full(uint32);
    const type = full(inner as NdrType<unknown>);
    assert.throws(() => decodeNdr(type, fromHex("00000200 00000200")), WIRE_FORMAT);
  });
});
