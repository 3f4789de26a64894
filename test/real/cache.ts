import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';

/** Where downloads, and what is made of them, stay from one run to the next: TEST_REAL_CACHE, else a folder of the user. */
const cacheFolder = process.env['TEST_REAL_CACHE'] ?? join(homedir(), '.cache', 'maj-test-real');

const execute = promisify(execFile);

/** Runs a program to its end; throws with what it said when it fails. */
export async function run(
  program: string,
  words: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<string> {
  const { stdout } = await execute(program, [...words], {
    ...options,
    env: { ...process.env, ...options.env },
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}

/**
 * A file or folder of the cache, which is made where it is not there yet; its path. What was cut off is not there: the
 * name is given last.
 */
export async function cached(name: string, make: (path: string) => Promise<unknown>): Promise<string> {
  const path = join(cacheFolder, name);
  if (existsSync(path)) return path;
  mkdirSync(cacheFolder, { recursive: true });
  const partial = join(cacheFolder, `.partial-${name}`);
  rmSync(partial, { recursive: true, force: true });
  await make(partial);
  renameSync(partial, path);
  return path;
}

/** Downloads a file into the cache; its path. */
export function download(url: string, name: string, sha256?: string): Promise<string> {
  return cached(name, async (path) => {
    const answer = await fetch(url);
    if (!answer.ok || answer.body === null) throw new Error(`${url}: ${answer.status}`);
    await pipeline(Readable.fromWeb(answer.body), createWriteStream(path));
    if (sha256 !== undefined && sha256Of(path) !== sha256)
      throw new Error(`${url}: not the sum that is announced`);
  });
}

/** The SHA-256 of a file, in hexadecimal digits. */
export const sha256Of = (path: string): string =>
  createHash('sha256').update(readFileSync(path)).digest('hex');
