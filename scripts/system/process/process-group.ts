import { readdirSync, readFileSync } from 'node:fs';
import { systemErrorCode } from '../files.ts';

/** Signals a process and all that it started, as far as that stayed in its group. */
export function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch {
    // Gone already.
  }
}

/**
 * Whether anything in a process group still runs. A zombie does not: it waits for its parent, which in a container can
 * be an init that never asks.
 */
export function groupRuns(group: number): boolean {
  try {
    process.kill(-group, 0);
  } catch (error) {
    // EPERM: there are some, of other users.
    if (systemErrorCode(error) !== 'EPERM') return false;
  }
  const processes = processIds();
  return processes === undefined || processes.some((pid) => runsIn(pid, group));
}

/** All processes that are seen; undefined where the system has no `/proc`. */
function processIds(): readonly string[] | undefined {
  try {
    const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return ids.length === 0 ? undefined : ids;
  } catch {
    return undefined;
  }
}

function runsIn(pid: string, group: number): boolean {
  const stat = processStat(pid);
  return stat?.[2] === String(group) && !hasEnded(stat);
}

/**
 * Whether a process has ended, with all its threads (the 20th field): what is left of it waits for its parent to ask, or is
 * being removed.
 */
export const hasEnded = ([state, ...more]: readonly string[]): boolean =>
  (state === 'Z' || state === 'X') && Number(more[16]) <= 1;

/**
 * What the kernel says of a process, from its state on (the third field of proc_pid_stat(5)): the second, the name in
 * brackets, may hold blanks and brackets itself. Undefined where it is gone, or the system does not tell.
 */
export function processStat(pid: number | string): readonly string[] | undefined {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return line.slice(line.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
