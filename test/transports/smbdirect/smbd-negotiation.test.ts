import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  decodeNegotiateResponse,
  encodeNegotiateRequest,
  encodeNegotiateResponse,
  type NegotiateRequest,
  type NegotiateResponse,
  NegotiateStatus,
} from "../../../src/transports/smbdirect/smbd-messages.ts";
import {
  acceptNegotiate,
  answerNegotiate,
  fragmentedReceiveSize,
  negotiateRequest,
} from "../../../src/transports/smbdirect/smbd-negotiation.ts";
import { DEFAULT_SETTINGS } from "../../../src/transports/smbdirect/smbd-settings.ts";

const settings = DEFAULT_SETTINGS;
const REQUEST: NegotiateRequest = {
  minVersion: 0x0100,
  maxVersion: 0x0100,
  creditsRequested: 10,
  preferredSendSize: 1024,
  maxReceiveSize: 1024,
  maxFragmentedSize: 131_072,
};
const RESPONSE: NegotiateResponse = {
  ...{ minVersion: 0x0100, maxVersion: 0x0100, negotiatedVersion: 0x0100 },
  ...{ creditsRequested: 10, creditsGranted: 10, status: 0, maxReadWriteSize: 1 << 20 },
  ...{ preferredSendSize: 1024, maxReceiveSize: 1024, maxFragmentedSize: 131_072 },
};

const answer = (change: Partial<NegotiateRequest>) =>
  answerNegotiate(encodeNegotiateRequest({ ...REQUEST, ...change }), settings);
const accept = (change: Partial<NegotiateResponse>) =>
  acceptNegotiate(encodeNegotiateResponse({ ...RESPONSE, ...change }), settings);

/** The names are those of the MS-SMBD test suite's cases, whose server is our accepting side. */
describe("SMB Direct negotiation, the accepting side ([MS-SMBD] 3.1.5.6)", () => {
  it("BVT_SmbdNegotiate_Basic", () => {
    const { response, parameters } = answer({});
    assert.equal(response.status, NegotiateStatus.SUCCESS);
    assert.ok(response.creditsRequested > 0);
    assert.equal(response.creditsGranted, 10);
    assert.ok(response.maxReadWriteSize >= 1_048_576);
    assert.equal(response.preferredSendSize, 1024);
    assert.equal(response.maxReceiveSize, 1024);
    assert.ok(response.maxFragmentedSize >= 131_072);
    assert.equal(parameters?.maxSendSize, 1024);
    assert.equal(parameters?.maxFragmentedSendSize, 131_072);
  });

  it("S1_SmbdNegotiate_PreferredSendSizeWithZero", () => {
    assert.equal(answer({ preferredSendSize: 0 }).response.maxReceiveSize, 128);
  });

  it("S1_SmbdNegotiate_PreferredSendSizeLessThan128", () => {
    assert.equal(answer({ preferredSendSize: 127 }).response.maxReceiveSize, 128);
    assert.equal(answer({ preferredSendSize: 128 }).response.maxReceiveSize, 128);
  });

  it("S1_SmbdNegotiate_PreferredSendSizeMaxValue", () => {
    const { response } = answer({ preferredSendSize: 0xffff_ffff });
    assert.equal(response.status, NegotiateStatus.SUCCESS);
    assert.equal(response.maxReceiveSize, settings.maxReceiveSize);
  });

  it("S1_SmbdNegotiate_Redundancy", () => {
    const long = new Uint8Array(512).fill(0xaa);
    long.set(encodeNegotiateRequest(REQUEST));
    assert.equal(answerNegotiate(long, settings).response.status, NegotiateStatus.SUCCESS);
  });

  it("SmbdNegotiate_UncompletedMessage", () => {
    const message = encodeNegotiateRequest(REQUEST).subarray(0, 19);
    assert.throws(() => answerNegotiate(message, settings), { code: "ERR_SMB_WIRE_FORMAT" });
  });

  it("SmbdNegotiate_NegativeParameter_MinVersion", () => {
    const { response, parameters } = answer({ minVersion: 0xffff, maxVersion: 0xffff });
    assert.equal(response.status, NegotiateStatus.NOT_SUPPORTED);
    assert.equal(parameters, undefined);
    assert.deepEqual(decodeNegotiateResponse(encodeNegotiateResponse(response)), response);
  });

  it("SmbdNegotiate_NegativeParameter_MaxVersion", () => {
    const { response } = answer({ minVersion: 0, maxVersion: 0x00ff });
    assert.equal(response.status, NegotiateStatus.NOT_SUPPORTED);
    // [MS-SMBD] 3.1.5.6: the range has to include 1.0, no more.
    assert.equal(answer({ maxVersion: 0xffff }).response.status, NegotiateStatus.SUCCESS);
  });

  it("SmbdNegotiate_NegativeParameter_CreditsRequested", () => {
    assert.throws(() => answer({ creditsRequested: 0 }), { code: "ERR_SMB_PROTOCOL" });
    assert.equal(answer({ creditsRequested: 0xffff }).response.creditsGranted, 255);
  });

  it("SmbdNegotiate_NegativeParameter_MaxReceiveSize", () => {
    assert.throws(() => answer({ maxReceiveSize: 127 }), { code: "ERR_SMB_PROTOCOL" });
    assert.equal(answer({ maxReceiveSize: 128 }).parameters?.maxSendSize, 128);
    assert.equal(answer({ maxReceiveSize: 0xffff_ffff }).parameters?.maxSendSize, 1364);
  });

  it("SmbdNegotiate_NegativeParameter_MaxFragmentedSize", () => {
    assert.throws(() => answer({ maxFragmentedSize: 131_071 }), { code: "ERR_SMB_PROTOCOL" });
    assert.equal(answer({ maxFragmentedSize: 131_072 }).response.status, 0);
    assert.equal(answer({ maxFragmentedSize: 0xffff_ffff }).response.status, 0);
  });

  it("BVT_SmbdCreditMgmt_OperationWithMinimumCredits: grants no more than was asked for", () => {
    assert.equal(answer({ creditsRequested: 1 }).response.creditsGranted, 1);
  });
});

describe("SMB Direct negotiation, the connecting side ([MS-SMBD] 3.1.5.7)", () => {
  it("offers what its credits can carry", () => {
    const request = negotiateRequest(settings);
    assert.equal(request.maxFragmentedSize, 255 * (8192 - 24));
    assert.equal(request.creditsRequested, 255);
    assert.equal(fragmentedReceiveSize(255, 1364), 255 * 1340);
    assert.equal(fragmentedReceiveSize(1, 128), 131_072);
  });

  it("takes the smaller of both sides' sizes", () => {
    assert.deepEqual(accept({ maxReadWriteSize: 0xffff_ffff }), {
      maxSendSize: 1024,
      maxReceiveSize: 1024,
      maxFragmentedSendSize: 131_072,
      maxFragmentedReceiveSize: 255 * (8192 - 24),
      maxReadWriteSize: 8 * 1024 * 1024,
      receiveCreditTarget: 10,
      sendCredits: 10,
    });
    assert.equal(accept({ preferredSendSize: 0 }).maxReceiveSize, 128);
  });

  for (const [what, change, code] of [
    ["another version", { negotiatedVersion: 0x0200 }, "ERR_SMB_PROTOCOL"],
    ["a MaxReceiveSize below 128", { maxReceiveSize: 127 }, "ERR_SMB_PROTOCOL"],
    ["a MaxFragmentedSize below 131,072", { maxFragmentedSize: 131_071 }, "ERR_SMB_PROTOCOL"],
    ["no credits", { creditsGranted: 0 }, "ERR_SMB_PROTOCOL"],
    ["no wish for credits", { creditsRequested: 0 }, "ERR_SMB_PROTOCOL"],
    ["messages longer than our receives", { preferredSendSize: 8193 }, "ERR_SMB_PROTOCOL"],
    ["a status", { status: 0xc000_00bb }, "ERR_SMB_PROTOCOL"],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => accept(change), { code });
    });
  }

  it("refuses a message that is too short", () => {
    const message = encodeNegotiateResponse(RESPONSE).subarray(0, 31);
    assert.throws(() => acceptNegotiate(message, settings), { code: "ERR_SMB_WIRE_FORMAT" });
  });

  it("says which refusal it got", () => {
    assert.throws(() => accept({ status: 0xc000_00bb }), /does not speak version 1.0/);
    assert.throws(() => accept({ status: 0xc000_0022 }), /0xc0000022/);
  });
});
