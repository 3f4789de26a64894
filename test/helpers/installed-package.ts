import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { CliRun } from './cli.ts';
import { copyOfRepository } from './repository-copy.ts';

/** Runs a program of the machine's, with git as a fresh user would have it. */
export function run(cwd: string, program: string, ...args: string[]): Promise<CliRun> {
  const gitless = Object.entries(process.env).filter(([name]) => !/^(GIT_|npm_)/.test(name));
  const env = { ...Object.fromEntries(gitless), GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, ...output }));
  });
}

/** The same of one that has to succeed; what it prints. */
export async function must(cwd: string, program: string, ...args: string[]): Promise<string> {
  const ran = await run(cwd, program, ...args);
  expect(ran.code, `${program} ${args.join(' ')}: ${ran.stderr}`).toBe(0);
  return ran.stdout;
}

/** Packs the repository into a folder; the path of the package. */
export async function packInto(folder: string): Promise<string> {
  await must(await copyOfRepository(), 'npm', 'pack', '--silent', '--pack-destination', folder);
  return join(folder, (await readdir(folder)).find((name) => name.endsWith('.tgz')) ?? '');
}
