import { NtStatusError } from "../nt-status-error.ts";
import { Command } from "../smb2/constants.ts";
import type { CreateResponse } from "../smb2/create.ts";
import { type AnyRequestSpec, commandOf, type Reply } from "./request-spec.ts";

/** A reply, or the status that a request failed with. */
export type Result = Reply<unknown> | NtStatusError;
export type SendAlone = (spec: AnyRequestSpec) => Promise<Reply<unknown>>;

/**
 * Sends the members of a related compound as requests of their own, each with the FileId that the
 * CREATE before it gave. Where that failed, the members that need it fail with its status, as a
 * server would have it ([MS-SMB2] 3.3.5.2.7.2).
 *
 * @param send sends one of them; throws NtStatusError where the server refuses it
 * @param known what a member was answered already: it is not sent
 * @returns for each message its reply, or the status it failed with
 */
export async function sendOneByOne(
  specs: readonly AnyRequestSpec[],
  send: SendAlone,
  known: (index: number) => Result | undefined = () => undefined,
): Promise<Result[]> {
  const sequence = new Sequence(send);
  const results: Result[] = [];
  for (const [index, spec] of specs.entries()) {
    results.push(await sequence.next(spec, known(index)));
  }
  return results;
}

class Sequence {
  readonly #send: SendAlone;
  /** The last CREATE, and how it ended. */
  #opening: { readonly spec: AnyRequestSpec; readonly result: Result } | undefined;

  constructor(send: SendAlone) {
    this.#send = send;
  }

  async next(spec: AnyRequestSpec, known: Result | undefined): Promise<Result> {
    const isCreate = spec.request.command === Command.CREATE;
    if (isCreate) this.#opening = undefined;
    const opened = this.#opening?.result;
    if (known !== undefined) {
      if (isCreate) this.#opening = { spec, result: known };
      return known;
    }
    if (opened instanceof NtStatusError) {
      const { status, wasRepeated } = opened;
      return new NtStatusError(status, { command: commandOf(spec), path: spec.path, wasRepeated });
    }
    const result = await this.#sendOne(opened === undefined ? spec : withHandle(spec, opened));
    if (isCreate) this.#opening = { spec, result };
    return result;
  }

  async #sendOne(spec: AnyRequestSpec): Promise<Result> {
    try {
      return await this.#send(spec);
    } catch (error) {
      if (error instanceof NtStatusError) return error;
      this.#giveUp();
      throw error;
    }
  }

  /** Nobody gets to know the handle: the same case as a CREATE that was answered too late. */
  #giveUp(): void {
    const opening = this.#opening;
    if (opening === undefined || opening.result instanceof NtStatusError) return;
    opening.spec.onLateReply?.(opening.result);
  }
}

/** The request with the handle in the place of sixteen bytes of 0xFF. */
function withHandle(spec: AnyRequestSpec, created: Reply<unknown>): AnyRequestSpec {
  const message = spec.message as { readonly fileId?: Uint8Array };
  if (message.fileId?.every((byte) => byte === 0xff) !== true) return spec;
  const { fileId } = created.body as CreateResponse;
  return { ...spec, message: { ...message, fileId } };
}
