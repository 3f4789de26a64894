import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** How long a command took, and the most memory that its process had at once. */
export interface Timed {
  readonly seconds: number;
  readonly peakBytes: number;
}

/** What a command is run with. */
interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** The kernel forgets a peak when the process ends, so it is read while it runs. */
const watchMs = 20;

/**
 * Runs a command to its end, with what was written before on disk already: neither pays for the other.
 *
 * @throws Error with the end of what it wrote to standard error, when it fails
 */
export async function timed(words: readonly string[], options: RunOptions = {}): Promise<Timed> {
  await run(['sync'], {});
  return run(words, options);
}

async function run(words: readonly string[], options: RunOptions): Promise<Timed> {
  const started = performance.now();
  const child = spawn(words[0] ?? '', words.slice(1), {
    stdio: ['ignore', 'ignore', 'pipe'],
    ...options,
    env: { ...process.env, ...options.env },
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-4096);
  });
  // Whoever stops the benchmark stops what it measures.
  const end = (): void => void child.kill();
  process.once('exit', end);
  let peakBytes = 0;
  const watch = setInterval(() => {
    peakBytes = Math.max(peakBytes, peakOf(child.pid ?? 0));
  }, watchMs);
  try {
    const code = await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    if (code !== 0) throw new Error(`${words.join(' ')} ended with ${String(code)}:\n${stderr}`);
    return { seconds: (performance.now() - started) / 1000, peakBytes };
  } finally {
    clearInterval(watch);
    process.off('exit', end);
  }
}

/** proc(5): VmHWM is the peak of the resident set, in kB. */
function peakOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/**
 * A pipeline of bash's, in which a failure of any program counts; `"$@"` stands for the words. It is the plain tool
 * that a measurement is held against.
 */
export const pipeline = (commandLine: string, words: readonly string[]): string[] => [
  'bash',
  '-c',
  `set -o pipefail; ${commandLine}`,
  'bash',
  ...words,
];
