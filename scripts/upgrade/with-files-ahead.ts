import { archiveAhead, type FilesAhead } from '../backup/files/files-ahead.ts';
import { orLeftOver } from '../core/best-effort.ts';
import { stopIfInterrupted } from '../core/context.ts';
import { doStep, type UpgradeRun } from './run.ts';

/**
 * Archives the application's files before the window and hands them to a piece of work that takes a backup in it: files that
 * nobody changes meanwhile are not read in the window. What is left of them is removed afterwards.
 */
export async function withFilesAhead<T>(
  run: UpgradeRun,
  work: (ahead: FilesAhead) => Promise<T>,
): Promise<T> {
  const ahead = await doStep(run, 'archive-files', () => archiveAhead(run.context));
  try {
    stopIfInterrupted(run.context);
    return await work(ahead);
  } finally {
    await orLeftOver(run.context, ahead.folder, () => ahead.discard());
  }
}
