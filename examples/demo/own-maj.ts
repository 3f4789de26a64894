import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { settingNames } from '../../scripts/config/settings.ts';
import type { Context } from '../../scripts/core/context.ts';
import { stream } from '../../scripts/system/process/processes.ts';
import { say } from './observe.ts';

/** The words that start `maj` from its sources, with the loader that started us. */
export const majCommand: readonly [program: string, ...args: string[]] = [
  process.execPath,
  ...process.execArgv,
  fileURLToPath(new URL('../../scripts/maj.ts', import.meta.url)),
];

/** How a command of the demonstration ended, and what it said. */
export interface Ran {
  readonly code: number | null;
  readonly output: string;
}

/** An environment in which nothing of the caller's settings or of an outer git command is left. */
export function cleanEnvironment(context: Context): Context {
  const ours = new Set<string>(settingNames);
  const env = Object.fromEntries(
    Object.entries(context.env).filter(([name]) => !ours.has(name) && !name.startsWith('GIT_')),
  );
  return { ...context, env: { ...env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' } };
}

/** Runs `maj` as a user would, in a project folder, and shows what it says. */
export function runMaj(context: Context, projectDir: string, words: readonly string[]): Promise<Ran> {
  const [program, ...args] = majCommand;
  say(`$ maj ${words.join(' ')}`);
  return runShown(context, program, [...args, ...words], projectDir);
}

/** Runs a program in a folder, and shows what it says, line by line. */
export async function runShown(
  context: Context,
  program: string,
  args: readonly string[],
  cwd: string,
): Promise<Ran> {
  const merged = ['-c', 'exec "$@" 2>&1', 'sh', program, ...args];
  const child = stream(context, '/bin/sh', merged, { cwd });
  const onAbort = (): void => child.kill('SIGTERM');
  context.signal.addEventListener('abort', onAbort);
  const lines: string[] = [];
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line);
      say(`    ${line}`);
    }
    const { code } = await child.exited;
    return { code, output: lines.join('\n') };
  } finally {
    context.signal.removeEventListener('abort', onAbort);
  }
}
