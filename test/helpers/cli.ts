import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** How a call of the command ended, and what it printed. */
export interface CliRun {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A call of the command that is still at work. */
export interface StartedCli {
  readonly child: ChildProcess;
  readonly ended: Promise<CliRun>;
}

const program = fileURLToPath(new URL('../../scripts/maj.ts', import.meta.url));
/** What lets Node run our sources. */
export const sourceLoader: readonly [string, string] = ['--import', import.meta.resolve('tsx')];

const built = process.env['MAJ_TEST_PROGRAM'];

/**
 * The words that start the command, in any folder: as it is published, where `make test` has built it; else from its
 * sources, which takes twice as long to start.
 */
export const majCommand: readonly [string, ...string[]] =
  built === undefined ? [process.execPath, ...sourceLoader, program] : [process.execPath, built];

/** Calls `maj` as a user would, without a terminal. */
export function startMaj(
  projectDir: string,
  words: readonly string[],
  options: {
    readonly env?: Readonly<Record<string, string | undefined>>;
    readonly stdin?: string;
    /** A command that starts it, and its words: `setpriv` and so on. */
    readonly through?: readonly string[];
    /** Another program than `maj`: the file that it starts from. */
    readonly program?: string;
  } = {},
): StartedCli {
  const [first, ...args] = [
    ...(options.through ?? []),
    ...(options.program === undefined ? majCommand : [process.execPath, ...sourceLoader, options.program]),
    ...words,
  ];
  const child = spawn(first ?? '', args, {
    cwd: projectDir,
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  child.stdin.on('error', () => undefined).end(options.stdin ?? '');
  const ended = new Promise<CliRun>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, ...output }));
  });
  return { child, ended };
}

/** Root is refused nothing: what starts a command without that right of root's. */
export const asAUser: readonly string[] = ['setpriv', '--bounding-set=-dac_override,-dac_read_search'];

/** Calls `maj` and waits for its end. */
export function maj(
  projectDir: string,
  words: readonly string[],
  options?: Parameters<typeof startMaj>[2],
): Promise<CliRun> {
  return startMaj(projectDir, words, options).ended;
}
