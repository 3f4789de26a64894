import { statSync, type Stats } from 'node:fs';
import { wrongUsage } from '../errors.ts';
import { ownUserId } from '../system/identity.ts';

/** Who may decide what maj does, as who runs it. */
export interface Trusting {
  /** The user that maj runs as. */
  readonly uid: number;
  /** Who called sudo; undefined when nobody did. */
  readonly calledBy: number | undefined;
}

/**
 * Whether another may change a file or folder: then he decides what maj runs, as the user that it runs as. The system's
 * own administrator may, and whoever called sudo could do the same without maj. Pure.
 */
export function strangerTo(
  { uid: owner, mode }: Pick<Stats, 'uid' | 'mode'>,
  { uid, calledBy }: Trusting,
): 'owner' | 'writable' | undefined {
  const trusted = [uid, 0, ...(uid === 0 && calledBy !== undefined ? [calledBy] : [])];
  if (!trusted.includes(owner)) return 'owner';
  return (mode & writableByAll) === 0 ? undefined : 'writable';
}

const writableByAll = 0o002;

/**
 * Refuses settings that another user may have written.
 *
 * @param paths of the project's folder and of its `.env`; one that is not there is nobody's
 * @param environment `MAJ_TRUSTED_PROJECT` names a project that is worked on all the same, as git has `safe.directory`
 * @throws MajError `project-of-another`, exit code 2
 */
export function refuseStrangers(
  projectDir: string,
  paths: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): void {
  const uid = ownUserId();
  if (uid === undefined || environment['MAJ_TRUSTED_PROJECT'] === projectDir) return;
  const caller = environment['SUDO_UID'] ?? '';
  const trusting = { uid, calledBy: /^\d+$/.test(caller) ? Number(caller) : undefined };
  for (const path of paths) {
    const found = statSync(path, { throwIfNoEntry: false });
    const stranger = found === undefined ? undefined : strangerTo(found, trusting);
    if (found === undefined || stranger === undefined) continue;
    throw wrongUsage('project-of-another', { projectDir, path, stranger, owner: found.uid, uid });
  }
}
