import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { processStat } from './process-group.ts';

/** The `git push` that has called us as its hook. */
export interface CallingPush {
  readonly pid: number;
  /** What stands behind the word `push`. */
  readonly words: readonly string[];
  /** The folder that it is in. */
  readonly folder: string;
}

/**
 * Looks for a `git push` among the processes above us: between it and us there may be shells, a hook manager, npm. Undefined
 * where there is none, and where the system has no `/proc`.
 */
export function callingPush(pid: number = process.ppid): CallingPush | undefined {
  for (let above = pid, steps = 0; above > 1 && steps < 16; steps += 1) {
    try {
      const line = readFileSync(`/proc/${above}/cmdline`, 'utf8').split('\0').slice(0, -1);
      const words = wordsOfPush(line);
      if (words !== undefined) return { pid: above, words, folder: readlinkSync(`/proc/${above}/cwd`) };
    } catch {
      return undefined;
    }
    above = Number(processStat(above)?.[1] ?? 0);
  }
  return undefined;
}

/** Options of git itself that are followed by a word. */
const withWord: ReadonlySet<string> = new Set([
  '-C',
  '-c',
  '--git-dir',
  '--work-tree',
  '--namespace',
  '--config-env',
  '--exec-path',
  '--super-prefix',
]);

/** What stands behind `push` in a command line of git; undefined for any other. Pure. */
export function wordsOfPush([program = '', ...args]: readonly string[]): string[] | undefined {
  const name = basename(program);
  if (name === 'git-push') return args;
  if (name !== 'git') return undefined;
  let at = 0;
  while (args[at]?.startsWith('-') === true) at += withWord.has(args[at] ?? '') ? 2 : 1;
  return args[at] === 'push' ? args.slice(at + 1) : undefined;
}
