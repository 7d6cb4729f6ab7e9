import { DialFailure, type DialProblem } from "../core/errors.ts";

/** What a server said is worth more than that another address is silent. */
const TELLING: ReadonlySet<string> = new Set(["certificate", "identity", "configuration"]);

/** One failure of those of all addresses of a name; a server's word is said once where it is the same. */
export function combineFailures(endpoint: string, failures: readonly DialFailure[]): DialFailure {
  const [first] = failures;
  if (first === undefined) {
    return new DialFailure(endpoint, "the name has no address", { reason: "not-found" });
  }
  if (failures.length === 1) return first;
  const { reason, ntStatusName } = failures.find((each) => TELLING.has(each.reason)) ?? first;
  const isOne = TELLING.has(reason) && failures.every(({ words }) => words === first.words);
  const words = isOne
    ? first.words
    : failures.map((failure) => `${failure.address} ${failure.words}`).join(", ");
  const cause = new AggregateError(failures, words);
  const problems = [...new Set<DialProblem>(failures.flatMap((failure) => failure.problems))];
  return new DialFailure(endpoint, words, { reason, ntStatusName, problems, cause });
}
