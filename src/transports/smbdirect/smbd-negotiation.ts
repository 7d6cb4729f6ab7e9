import { ProtocolError } from "../../core/errors.ts";
import {
  DATA_OFFSET,
  decodeNegotiateRequest,
  decodeNegotiateResponse,
  type NegotiateRequest,
  type NegotiateResponse,
  NegotiateStatus,
  SMBD_VERSION,
} from "./smbd-messages.ts";
import {
  SMALLEST_FRAGMENTED_SIZE,
  SMALLEST_RECEIVE_SIZE,
  type SmbdSettings,
} from "./smbd-settings.ts";

/** What both sides agreed on ([MS-SMBD] 3.1.1); sizes in bytes. */
export interface SmbdParameters {
  /** The longest message that may be sent, header and all. */
  readonly maxSendSize: number;
  /** The longest message that will come, header and all. */
  readonly maxReceiveSize: number;
  /** The longest upper-layer message that the peer reassembles. */
  readonly maxFragmentedSendSize: number;
  /** The longest upper-layer message that we reassemble. */
  readonly maxFragmentedReceiveSize: number;
  readonly maxReadWriteSize: number;
  /** Credits that the peer would like to hold. */
  readonly receiveCreditTarget: number;
  /** Credits that the peer has granted. */
  readonly sendCredits: number;
}

/** What the accepting side answers to a Negotiate Request. */
export interface NegotiateAnswer {
  readonly response: NegotiateResponse;
  /** undefined where the response is a refusal, after which the connection ends. */
  readonly parameters: SmbdParameters | undefined;
}

/**
 * Connection.MaxFragmentedReceiveSize: what all receive credits together can carry. More could be
 * announced, and a peer that waits for credits in the middle of a message would then wait for ever.
 */
export function fragmentedReceiveSize(credits: number, maxReceiveSize: number): number {
  return Math.max(SMALLEST_FRAGMENTED_SIZE, credits * (maxReceiveSize - DATA_OFFSET));
}

/** The request of the connecting side ([MS-SMBD] 3.1.5.2). */
export function negotiateRequest(settings: SmbdSettings): NegotiateRequest {
  return {
    minVersion: SMBD_VERSION,
    maxVersion: SMBD_VERSION,
    creditsRequested: settings.sendCreditTarget,
    preferredSendSize: settings.maxSendSize,
    maxReceiveSize: settings.maxReceiveSize,
    maxFragmentedSize: fragmentedReceiveSize(settings.receiveCreditMax, settings.maxReceiveSize),
  };
}

/**
 * The accepting side's answer to the first message ([MS-SMBD] 3.1.5.6).
 *
 * @throws {WireFormatError} where the message is too short
 * @throws {ProtocolError} where the request is not to be answered: the connection must end
 */
export function answerNegotiate(message: Uint8Array, settings: SmbdSettings): NegotiateAnswer {
  const request = decodeNegotiateRequest(message);
  if (request.minVersion > SMBD_VERSION || request.maxVersion < SMBD_VERSION) {
    return { response: refusal(), parameters: undefined };
  }
  checkLimits(request);
  const maxReceiveSize = atLeastSmallest(
    Math.min(settings.maxReceiveSize, request.preferredSendSize),
  );
  const maxSendSize = Math.min(settings.maxSendSize, request.maxReceiveSize);
  const granted = Math.min(request.creditsRequested, settings.receiveCreditMax);
  const maxFragmentedSize = fragmentedReceiveSize(settings.receiveCreditMax, maxReceiveSize);
  return {
    response: {
      minVersion: SMBD_VERSION,
      maxVersion: SMBD_VERSION,
      negotiatedVersion: SMBD_VERSION,
      creditsRequested: settings.sendCreditTarget,
      creditsGranted: granted,
      status: NegotiateStatus.SUCCESS,
      maxReadWriteSize: settings.maxReadWriteSize,
      preferredSendSize: maxSendSize,
      maxReceiveSize,
      maxFragmentedSize,
    },
    parameters: {
      maxSendSize,
      maxReceiveSize,
      maxFragmentedSendSize: request.maxFragmentedSize,
      maxFragmentedReceiveSize: maxFragmentedSize,
      maxReadWriteSize: settings.maxReadWriteSize,
      receiveCreditTarget: request.creditsRequested,
      // The connecting side grants its first credits with its first Data Transfer message.
      sendCredits: 0,
    },
  };
}

/**
 * What the connecting side makes of the first message ([MS-SMBD] 3.1.5.7).
 *
 * @throws {WireFormatError} where the message is too short
 * @throws {ProtocolError} where it refuses us, or breaks a rule: the connection must end
 */
export function acceptNegotiate(message: Uint8Array, settings: SmbdSettings): SmbdParameters {
  const response = decodeNegotiateResponse(message);
  if (response.status !== NegotiateStatus.SUCCESS) {
    throw new ProtocolError(
      response.status === NegotiateStatus.NOT_SUPPORTED
        ? "The peer does not speak version 1.0 of SMB Direct"
        : `The peer refuses SMB Direct with status 0x${response.status.toString(16)}`,
    );
  }
  if (response.negotiatedVersion !== SMBD_VERSION) {
    throw broken(`NegotiatedVersion is 0x${response.negotiatedVersion.toString(16)}`);
  }
  checkLimits(response);
  if (response.creditsGranted === 0) throw broken("CreditsGranted is 0");
  if (response.preferredSendSize > settings.maxReceiveSize) {
    throw broken(`PreferredSendSize is ${response.preferredSendSize}, more than we receive`);
  }
  return {
    maxSendSize: Math.min(settings.maxSendSize, response.maxReceiveSize),
    maxReceiveSize: atLeastSmallest(Math.min(settings.maxReceiveSize, response.preferredSendSize)),
    maxFragmentedSendSize: response.maxFragmentedSize,
    maxFragmentedReceiveSize: negotiateRequest(settings).maxFragmentedSize,
    maxReadWriteSize: Math.min(settings.maxReadWriteSize, response.maxReadWriteSize),
    receiveCreditTarget: response.creditsRequested,
    sendCredits: response.creditsGranted,
  };
}

function checkLimits(
  message: Pick<NegotiateRequest, "creditsRequested" | "maxReceiveSize" | "maxFragmentedSize">,
): void {
  if (message.creditsRequested === 0) throw broken("CreditsRequested is 0");
  if (message.maxReceiveSize < SMALLEST_RECEIVE_SIZE) {
    throw broken(`MaxReceiveSize is ${message.maxReceiveSize}`);
  }
  if (message.maxFragmentedSize < SMALLEST_FRAGMENTED_SIZE) {
    throw broken(`MaxFragmentedSize is ${message.maxFragmentedSize}`);
  }
}

function atLeastSmallest(size: number): number {
  return Math.max(size, SMALLEST_RECEIVE_SIZE);
}

/** [MS-SMBD] 3.1.5.3: everything but the versions and the status is zero. */
function refusal(): NegotiateResponse {
  return {
    minVersion: SMBD_VERSION,
    maxVersion: SMBD_VERSION,
    negotiatedVersion: SMBD_VERSION,
    creditsRequested: 0,
    creditsGranted: 0,
    status: NegotiateStatus.NOT_SUPPORTED,
    maxReadWriteSize: 0,
    preferredSendSize: 0,
    maxReceiveSize: 0,
    maxFragmentedSize: 0,
  };
}

function broken(what: string): ProtocolError {
  return new ProtocolError(`The SMB Direct negotiation failed: ${what}`);
}
