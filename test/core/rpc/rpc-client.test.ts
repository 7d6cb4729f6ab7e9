import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ProtocolError, UnsupportedError, WireFormatError } from "../../../src/core/errors.ts";
import { NtStatus } from "../../../src/core/nt-status.ts";
import { SRVSVC } from "../../../src/core/rpc/interfaces/srvsvc.ts";
import { conformantArray, parameters, uint8 } from "../../../src/core/rpc/ndr-types.ts";
import {
  decodeRequest,
  encodeBindAck,
  encodeBindNak,
  encodeFault,
  encodeResponse,
} from "../../../src/core/rpc/pdu.ts";
import { RpcClient, type RpcOperation } from "../../../src/core/rpc/rpc-client.ts";
import { RpcFaultError } from "../../../src/core/rpc/rpc-fault.ts";
import { FakePipe, responsePdus } from "./fake-pipe.ts";

interface Bytes {
  readonly bytes: readonly number[];
}

const bytesParameter = parameters<Bytes>({ bytes: conformantArray(uint8) });
/** An operation that gets and returns bytes. */
const echo: RpcOperation<Bytes, Bytes> = {
  name: "Echo",
  opnum: 9,
  request: bytesParameter,
  response: bytesParameter,
};

const some = { bytes: Array.from({ length: 100 }, (_, index) => index) };

function echoPipe(options: { chunk?: number; fragment?: number; maxReceive?: number }): FakePipe {
  return new FakePipe(
    ({ callId, stub }) => responsePdus(callId, stub, options.fragment ?? 4000),
    options,
  );
}

describe("an RPC client", () => {
  it("puts a response together, however it is cut into fragments and reads", async () => {
    for (let fragment = 1; fragment <= 110; fragment += 1) {
      for (const chunk of [1, 7, 16, 24, 25, 4280]) {
        const rpc = await RpcClient.bind(echoPipe({ chunk, fragment }), SRVSVC);
        assert.deepEqual(await rpc.call(echo, some), some, `${fragment} by ${chunk}`);
      }
    }
  });

  it("cuts a large request into fragments that the server accepts", async () => {
    const pipe = echoPipe({ maxReceive: 1500 });
    const rpc = await RpcClient.bind(pipe, SRVSVC);
    const large = { bytes: Array.from({ length: 5000 }, (_, index) => index % 256) };
    assert.deepEqual(await rpc.call(echo, large), large);
    const requests = pipe.sent.slice(1).map(decodeRequest);
    assert.ok(pipe.sent.every((pdu) => pdu.length <= 1500));
    assert.deepEqual(
      requests.map(({ flags }) => flags),
      [1, 0, 0, 2],
    );
    assert.deepEqual(
      requests.map(({ allocHint }) => allocHint),
      [5004, 5004 - 1476, 5004 - 2 * 1476, 5004 - 3 * 1476],
    );
  });

  it("refuses a large request where the pipe cannot write fragments", async () => {
    const pipe = echoPipe({});
    const readOnly = {
      maxFragment: 4280,
      transceive: pipe.transceive.bind(pipe),
      read: pipe.read.bind(pipe),
    };
    const rpc = await RpcClient.bind(readOnly, SRVSVC);
    const large = { bytes: Array.from({ length: 5000 }, () => 0) };
    await assert.rejects(rpc.call(echo, large), UnsupportedError);
    assert.deepEqual(await rpc.call(echo, some), some);
  });

  it("makes calls that are started together one after the other", async () => {
    const rpc = await RpcClient.bind(echoPipe({ chunk: 10, fragment: 30 }), SRVSVC);
    const calls = [1, 2, 3].map((value) => ({ bytes: Array.from({ length: 50 }, () => value) }));
    assert.deepEqual(await Promise.all(calls.map((call) => rpc.call(echo, call))), calls);
  });

  it("numbers its calls", async () => {
    const pipe = echoPipe({});
    const rpc = await RpcClient.bind(pipe, SRVSVC);
    await rpc.call(echo, some);
    await rpc.call(echo, some);
    assert.deepEqual(
      pipe.sent.slice(1).map((pdu) => decodeRequest(pdu).callId),
      [2, 3],
    );
  });

  it("stops between fragments when it is aborted", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const pipe = new FakePipe(({ callId, stub }) => {
      controller.abort(reason);
      return responsePdus(callId, stub, 10);
    });
    const rpc = await RpcClient.bind(pipe, SRVSVC);
    await assert.rejects(rpc.call(echo, some, controller.signal), reason);
    assert.equal(pipe.operations, 2);
  });
});

describe("an RPC client that is refused", () => {
  it("says why a bind was rejected", async () => {
    const pipe = echoPipe({});
    const ack = { callId: 1, maxTransmit: 4280, maxReceive: 4280, secondaryAddress: "" };
    pipe.answerBind = () => encodeBindAck({ ...ack, result: 2, reason: 1 });
    await assert.rejects(RpcClient.bind(pipe, SRVSVC), {
      name: "UnsupportedError",
      message: "The server refuses the interface srvsvc: it does not know it",
    });
    pipe.answerBind = () => encodeBindAck({ ...ack, result: 2, reason: 2 });
    await assert.rejects(RpcClient.bind(pipe, SRVSVC), /reason 2/);
    pipe.answerBind = () => encodeBindNak(1, 4);
    await assert.rejects(RpcClient.bind(pipe, SRVSVC), /refuses RPC on srvsvc: reason 4/);
  });

  it("reports a fault instead of an acknowledgement, and other PDUs", async () => {
    const pipe = echoPipe({});
    pipe.answerBind = (callId) => encodeFault(callId, 5);
    await assert.rejects(RpcClient.bind(pipe, SRVSVC), {
      name: "RpcFaultError",
      statusName: "NT_STATUS_ACCESS_DENIED",
    });
    pipe.answerBind = (callId) =>
      encodeResponse({ callId, flags: 3, allocHint: 0, stub: new Uint8Array(0) });
    await assert.rejects(RpcClient.bind(pipe, SRVSVC), ProtocolError);
  });

  it("does not follow a server that wants absurdly small fragments", async () => {
    await assert.rejects(RpcClient.bind(echoPipe({ maxReceive: 30 }), SRVSVC), ProtocolError);
  });

  it("names faults and gives them the status that smbclient prints", async () => {
    const faults: readonly [fault: number, name: string, statusName: string][] = [
      [0x1c01_0002, "nca_op_rng_error", "NT_STATUS_RPC_PROCNUM_OUT_OF_RANGE"],
      [0x1c01_0003, "nca_unk_if", "NT_STATUS_RPC_UNKNOWN_IF"],
      [0x0000_06f7, "nca_s_fault_ndr", "NT_STATUS_RPC_BAD_STUB_DATA"],
      [0x0000_0005, "access denied", "NT_STATUS_ACCESS_DENIED"],
      [0x1234_5678, "fault 0x12345678", "NT_STATUS_RPC_CALL_FAILED"],
    ];
    for (const [fault, faultName, statusName] of faults) {
      const pipe = new FakePipe(({ callId }) => [encodeFault(callId, fault)]);
      const rpc = await RpcClient.bind(pipe, SRVSVC);
      const message = `The server refused srvsvc.Echo: ${faultName}`;
      await assert.rejects(rpc.call(echo, some), { fault, faultName, statusName, message });
    }
  });

  it("goes on after a fault", async () => {
    let calls = 0;
    const pipe = new FakePipe(({ callId, stub }) => {
      calls += 1;
      return calls === 1 ? [encodeFault(callId, 0x6f7)] : responsePdus(callId, stub);
    });
    const rpc = await RpcClient.bind(pipe, SRVSVC);
    await assert.rejects(rpc.call(echo, some), RpcFaultError);
    assert.deepEqual(await rpc.call(echo, some), some);
    assert.equal(new RpcFaultError(5, "x").status, NtStatus.ACCESS_DENIED);
  });
});

describe("an RPC client and a hostile server", () => {
  const hostile: readonly [string, (callId: number) => readonly Uint8Array[], unknown][] = [
    ["another call", (id) => responsePdus(id + 1, new Uint8Array(4)), ProtocolError],
    ["another PDU", (id) => [encodeBindNak(id, 0)], ProtocolError],
    ["no answer at all", () => [], WireFormatError],
    [
      "half a header",
      (id) => [new Uint8Array(responsePdus(id, new Uint8Array(4))[0]?.subarray(0, 9) ?? [])],
      WireFormatError,
    ],
    [
      "half a fragment",
      (id) => [responsePdus(id, new Uint8Array(40))[0]?.subarray(0, 30) ?? new Uint8Array(0)],
      WireFormatError,
    ],
    [
      "bytes behind the end",
      (id) => [Buffer.concat([...responsePdus(id, new Uint8Array(4)), Buffer.alloc(1)])],
      ProtocolError,
    ],
    ["a stub that is too short", (id) => responsePdus(id, new Uint8Array(3)), WireFormatError],
    [
      "a count of 4 thousand millions",
      (id) => responsePdus(id, new Uint8Array(100).fill(0xff)),
      WireFormatError,
    ],
    ["a second first fragment", (id) => [fragment(id, 1), fragment(id, 1)], ProtocolError],
    ["no first fragment", (id) => [fragment(id, 0)], ProtocolError],
    ["no last fragment", (id) => [fragment(id, 1)], WireFormatError],
  ];
  for (const [what, answer, error] of hostile) {
    it(`is not harmed by ${what}`, async () => {
      const pipe = new FakePipe(({ callId }) => answer(callId));
      const rpc = await RpcClient.bind(pipe, SRVSVC);
      await assert.rejects(rpc.call(echo, some), error as ErrorConstructor);
    });
  }

  const headers: readonly [string, number, number][] = [
    ["the version", 0, 4],
    ["big-endian numbers", 4, 0x00],
    ["a fragment smaller than its header", 8, 15],
    ["authentication data", 10, 8],
  ];
  for (const [what, at, value] of headers) {
    it(`is not harmed by ${what} in a header`, async () => {
      const pipe = new FakePipe(({ callId, stub }) => {
        const [pdu = new Uint8Array(0)] = responsePdus(callId, stub);
        pdu[at] = value;
        if (at === 8) pdu[9] = 0;
        return [pdu];
      });
      const rpc = await RpcClient.bind(pipe, SRVSVC);
      await assert.rejects(rpc.call(echo, some), WireFormatError);
    });
  }

  it("gives up on fragments that never end", async () => {
    const stub = new Uint8Array(65_000);
    const pipe = new EndlessPipe(echoPipe({}), (callId) =>
      encodeResponse({ callId, flags: 0, allocHint: 0, stub }),
    );
    const rpc = await RpcClient.bind(pipe, SRVSVC);
    await assert.rejects(rpc.call(echo, some), ProtocolError);
    // 16 MiB in fragments of 65,000 bytes, each read at once.
    assert.ok(pipe.reads < 270, `${pipe.reads} reads`);
  });

  it("gives up on empty fragments that never end", async () => {
    const pipe = new EndlessPipe(echoPipe({}), (callId) => fragment(callId, 0, 0));
    const rpc = await RpcClient.bind(pipe, SRVSVC);
    await assert.rejects(rpc.call(echo, some), ProtocolError);
    assert.ok(pipe.reads < 70_000, `${pipe.reads} reads`);
  });
});

function fragment(callId: number, flags: number, length = 4): Uint8Array {
  return encodeResponse({ callId, flags, allocHint: 0, stub: new Uint8Array(length) });
}

/** Binds as another pipe does, then answers with one fragment after the other. */
class EndlessPipe {
  readonly maxFragment: number = 65_535;
  reads = 0;
  readonly #pipe: FakePipe;
  readonly #next: (callId: number) => Uint8Array;
  #callId = 0;

  constructor(pipe: FakePipe, next: (callId: number) => Uint8Array) {
    this.#pipe = pipe;
    this.#next = next;
  }

  async transceive(bytes: Uint8Array): ReturnType<FakePipe["transceive"]> {
    this.#callId += 1;
    if (this.#callId === 1) return this.#pipe.transceive(bytes, 4280);
    const first = this.#next(this.#callId);
    first[3] = 1; // pfc_flags: the first fragment
    return { bytes: first, more: false };
  }

  async read(): Promise<Uint8Array> {
    this.reads += 1;
    return this.#next(this.#callId);
  }
}
