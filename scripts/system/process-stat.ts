import { readFileSync } from 'node:fs';

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
