import type { DirectoryInformationClass } from "../fscc/directory-information.ts";
import { FileInformationClass } from "../fscc/file-information-class.ts";
import { NtStatus } from "../nt-status.ts";
import { NtStatusError } from "../nt-status-error.ts";
import type { TreeConnect } from "./tree-connect.ts";

/** From the one that tells most to the one that every server has. */
const CLASSES: readonly DirectoryInformationClass[] = [
  FileInformationClass.ID_BOTH_DIRECTORY,
  FileInformationClass.BOTH_DIRECTORY,
  FileInformationClass.FULL_DIRECTORY,
  FileInformationClass.DIRECTORY,
];

/** What servers answer to an information class that they do not have. */
const REFUSALS: readonly number[] = [
  NtStatus.NOT_SUPPORTED,
  NtStatus.NOT_IMPLEMENTED,
  NtStatus.INVALID_INFO_CLASS,
  NtStatus.INVALID_PARAMETER,
];

/** What each share was found to answer. */
const found = new WeakMap<TreeConnect, DirectoryInformationClass>();

/** The information class to list this share with. */
export function listingClassOf(tree: TreeConnect): DirectoryInformationClass {
  return found.get(tree) ?? FileInformationClass.ID_BOTH_DIRECTORY;
}

/** The class to try where the server refused `current`; undefined where there is none left. */
export function nextListingClass(
  current: DirectoryInformationClass,
): DirectoryInformationClass | undefined {
  return CLASSES[CLASSES.indexOf(current) + 1];
}

/** `informationClass` works here: later listings start with it. */
export function rememberListingClass(
  tree: TreeConnect,
  informationClass: DirectoryInformationClass,
): void {
  if (informationClass !== CLASSES[0]) found.set(tree, informationClass);
}

/** Whether a failed query may mean that the server lacks the information class that was asked for. */
export function isClassRefused(error: unknown): boolean {
  return error instanceof NtStatusError && REFUSALS.includes(error.status);
}
