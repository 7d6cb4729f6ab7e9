/**
 * Moving files: what commands call.
 *
 * ```ts
 * downloadFile(env: TransferEnvironment, remotePath: string, localPath: string, o?: TransferOptions): Promise<FinishedFile>
 * uploadFile(env: TransferEnvironment, localPath: string, remotePath: string, o?: TransferOptions): Promise<FinishedFile>
 * downloadMany(env: TransferEnvironment, items: Iterable<DownloadItem> | AsyncIterable<DownloadItem>): Promise<TransferSummary>
 * uploadMany(env: TransferEnvironment, items: Iterable<UploadItem> | AsyncIterable<UploadItem>): Promise<TransferSummary>
 * planDownload(tree: Tree, plan: DownloadPlan): AsyncGenerator<DownloadItem>
 * planUpload(plan: UploadPlan): AsyncGenerator<UploadItem>
 * createProgress(io: Io): Promise<TransferProgress>    // bars on a terminal, silence elsewhere
 * ```
 *
 * The single-file functions throw what went wrong. The many-file functions collect the failures of
 * single files; only an abort or a lost connection rejects.
 */
export { downloadFile, downloadMany } from "./download.ts";
export type {
  DownloadItem,
  FinishedFile,
  TransferEnvironment,
  TransferFailure,
  TransferOptions,
  TransferSettings,
  TransferSummary,
  UploadItem,
} from "./environment.ts";
export { planDownload } from "./plan-download.ts";
export type { DownloadPlan, PlanCandidate, UploadPlan } from "./plan-options.ts";
export { planUpload } from "./plan-upload.ts";
export {
  createProgress,
  type FileProgress,
  silentProgress,
  type TransferProgress,
} from "./progress.ts";
export { haveTwins, TargetClaims } from "./target-claims.ts";
export { uploadFile, uploadMany } from "./upload.ts";
