import { TransportClosedError } from "../errors.ts";
import { NtStatus } from "../nt-status.ts";
import { NtStatusError } from "../nt-status-error.ts";
import type { Session } from "../session/session.ts";

/** What a server that cannot do related compounds answers to some part of one. */
const REFUSALS: readonly number[] = [
  NtStatus.NOT_SUPPORTED,
  NtStatus.NOT_IMPLEMENTED,
  NtStatus.INVALID_PARAMETER,
  NtStatus.INVALID_HANDLE,
  NtStatus.FILE_CLOSED,
  NtStatus.INVALID_DEVICE_REQUEST,
];

/** Servers that fell silent or dropped us on their first compound, by ServerGuid. */
const suspects = new Set<string>();

/** Whether CREATE, READ or WRITE and CLOSE may go in one frame; learnt from what a server does. */
export class CompoundSupport {
  static readonly #known = new WeakMap<Session, CompoundSupport>();
  readonly #serverKey: string;
  #state: "untried" | "works" | "refused";

  private constructor(session: Session) {
    this.#serverKey = session.connection.serverGuid.join(".");
    this.#state = suspects.has(this.#serverKey) ? "refused" : "untried";
  }

  /** What is known about the server of `session`. */
  static of(session: Session): CompoundSupport {
    let support = CompoundSupport.#known.get(session);
    if (support === undefined) {
      support = new CompoundSupport(session);
      CompoundSupport.#known.set(session, support);
    }
    return support;
  }

  get isRefused(): boolean {
    return this.#state === "refused";
  }

  /** A whole compound went through: later refusals are about the file, not about compounds. */
  succeeded(): void {
    if (this.#state === "untried") this.#state = "works";
  }

  /** Does piece by piece what was refused as a compound; if that works, compounds are not tried again. */
  async plainly<T>(run: () => Promise<T>): Promise<T> {
    this.#state = "refused";
    try {
      return await run();
    } catch (error) {
      // It was about the file and not about compounds.
      this.#state = "untried";
      throw error;
    }
  }

  /**
   * Whether `error` may mean that the server has trouble with compounds, so that the same is worth
   * trying piece by piece. A connection that broke cannot be tried again, but is remembered.
   */
  mayExplain(error: unknown): boolean {
    if (this.#state === "works") return false;
    if (error instanceof TransportClosedError) suspects.add(this.#serverKey);
    return isCompoundRefusal(error);
  }
}

/** Whether `error` is what servers answer that cannot do an operation behind another one. */
export function isCompoundRefusal(error: unknown): boolean {
  return error instanceof NtStatusError && REFUSALS.includes(error.status);
}
