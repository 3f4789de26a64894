import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../../core/context.ts';
import { reasonOf, refused } from '../../core/errors.ts';
import { groupRuns, signalGroup } from './process-group.ts';
import { quoteWords } from './shell-words.ts';

/** How a process ended. */
export interface Exit {
  /** The exit status; null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What a small command printed, and how it ended. */
export interface Captured extends Exit {
  readonly stdout: string;
  readonly stderr: string;
  /** It did not end in its time, or was not waited for any longer, and was ended with all that it had started. */
  readonly ended?: 'late' | 'interrupted';
}

/** How long a command may go on, and what ends it before. */
export interface Bounds {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Milliseconds between SIGTERM and SIGKILL, and after that until the output is given up; 5000 by default. */
  readonly graceMs?: number;
}

/** What a process is started with. */
export interface StartOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string | Buffer;
}

type RunContext = Pick<Context, 'env'>;

/**
 * Runs a small program and keeps what it prints. zx keeps all of it in memory: for output of any size use `stream`.
 * A program that fails is a value, not an error; one that cannot be started has the code 126 or 127 of the shell.
 */
export async function capture(
  context: RunContext,
  program: string,
  args: readonly string[],
  options: StartOptions = {},
): Promise<Captured> {
  return shell(context, quoteWords([program, ...args]), options);
}

/**
 * Runs a command line of the user's, as `sh -c` would, and keeps what it prints.
 *
 * @param options with bounds, a command that goes beyond them is ended together with its whole process group: SIGTERM
 *   first, SIGKILL after some seconds
 */
export async function shell(
  context: RunContext,
  command: string,
  options: StartOptions & Bounds = {},
): Promise<Captured> {
  // Loaded where a command runs: it takes longer than Node itself to start, and help, or a push that is let through, needs none.
  const { $ } = await import('zx/core');
  const started = $({
    shell: '/bin/sh',
    prefix: '',
    quote: (word) => word,
    nothrow: true,
    quiet: true,
    // Its own process group: Ctrl-C at the terminal reaches maj alone, which then decides what to end.
    detached: true,
    env: { ...context.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    // Whatever asks a question finds an end of input, and not one that never comes.
    ...stdinOf(options),
  })`${command}`;
  const watch = endBeyond(started.pid, options);
  const output = await Promise.race([started, watch.lost]);
  await watch.gone();
  watch.stop();
  const ended = watch.ended();
  return {
    code: output.exitCode,
    signal: output.signal,
    stdout: output.stdout,
    stderr: output.stderr,
    ...(ended === undefined ? {} : { ended }),
  };
}

/** zx gives nothing to a program whose input is empty, and leaves its pipe open. */
const stdinOf = ({
  input = '',
}: StartOptions): { input: string | Buffer } | { stdio: ['ignore', 'pipe', 'pipe'] } =>
  input.length > 0 ? { input } : { stdio: ['ignore', 'pipe', 'pipe'] };

/** What is known of a command whose output is still held open by something that left its process group. */
const lostOutput = { exitCode: null, signal: 'SIGKILL' as const, stdout: '', stderr: '' };

/** Watches over a process that has begun, and ends it when it goes beyond its bounds. */
function endBeyond(pid: number | undefined, { timeoutMs, signal, graceMs = 5000 }: Bounds) {
  let ended: Captured['ended'];
  const timers: NodeJS.Timeout[] = [];
  let givenUp = false;
  let giveUp: (output: typeof lostOutput) => void = () => undefined;
  const lost = new Promise<typeof lostOutput>((resolve) => (giveUp = resolve));
  const send = (name: NodeJS.Signals): void => {
    if (pid !== undefined) signalGroup(pid, name);
  };
  const end = (why: NonNullable<Captured['ended']>): void => {
    if (ended !== undefined) return;
    ended = why;
    send('SIGTERM');
    timers.push(
      setTimeout(() => send('SIGKILL'), graceMs),
      setTimeout(() => {
        givenUp = true;
        giveUp(lostOutput);
      }, 2 * graceMs),
    );
  };
  const interrupt = (): void => end('interrupted');
  if (timeoutMs !== undefined) timers.push(setTimeout(() => end('late'), timeoutMs));
  if (signal?.aborted === true) interrupt();
  else signal?.addEventListener('abort', interrupt, { once: true });
  return {
    /** Settles when even SIGKILL did not close the output. */
    lost,
    ended: () => ended,
    /**
     * Settles, of a command that was ended, when nothing of its group runs any more, or when even SIGKILL did not end it.
     * Its output is closed before: by a process that is just ending, and by one that writes elsewhere and does not listen.
     */
    gone: async () => {
      while (ended !== undefined && !givenUp && pid !== undefined && groupRuns(pid)) await sleep(20);
    },
    stop: () => {
      timers.forEach(clearTimeout);
      signal?.removeEventListener('abort', interrupt);
    },
  };
}

/** A process whose output is read while it runs. */
export interface Streamed {
  readonly pid: number;
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** The last 16 KB of what it wrote to standard error. */
  readonly stderrTail: () => string;
  /** Settles when the process has ended and its output is closed; a failure to start rejects. */
  readonly exited: Promise<Exit>;
  readonly kill: (signal?: NodeJS.Signals) => void;
}

const stderrKept = 16_384;

/**
 * Starts a program and hands out its streams; nothing is kept but the end of standard error.
 * The caller must await `exited` and look at the exit.
 */
export function stream(
  context: RunContext,
  program: string,
  args: readonly string[],
  options: Pick<StartOptions, 'cwd' | 'env'> & {
    readonly stdin?: 'pipe' | 'ignore';
    readonly stdout?: 'pipe' | 'ignore' | number;
  } = {},
): Streamed {
  const stdio: StdioOptions = [options.stdin ?? 'ignore', options.stdout ?? 'pipe', 'pipe'];
  const child = spawn(program, args, {
    stdio,
    detached: true,
    env: { ...context.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const stdout = child.stdout === null ? null : kept(child.stdout);
  let tail = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-stderrKept);
  });
  const exited = exitOf(child, program);
  // The caller awaits it later; until then a failure to start is not "unhandled".
  exited.catch(() => undefined);
  return {
    pid: child.pid ?? -1,
    get stdin() {
      return piped(child.stdin);
    },
    get stdout() {
      return piped(stdout);
    },
    stderrTail: () => tail.trim(),
    exited,
    kill: (signal = 'SIGTERM') => {
      child.kill(signal);
    },
  };
}

/**
 * An output that waits for its reader. Node throws away what a child has written when the child ends before anyone
 * reads (`flushStdio` in its child_process): of a quick program all of it, without an error.
 */
function kept(output: Readable): Readable {
  const waiting = output.pipe(new PassThrough({ highWaterMark: 256 * 1024 }));
  // Without a reader the program gets SIGPIPE, as it would without us in between.
  waiting.once('close', () => output.destroy());
  return waiting;
}

function piped<S>(stream: S | null): S {
  if (stream === null) throw new Error('this stream of the process was not asked for');
  return stream;
}

function exitOf(child: ChildProcess, program: string): Promise<Exit> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      const facts = { program, exit: 'not started', output: reasonOf(error) };
      reject(refused('program-failed', facts, { cause: error }));
    });
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
}

/** Runs a program and keeps its output as bytes, which `capture` would take for UTF-8. */
export async function captureBytes(
  context: RunContext,
  program: string,
  args: readonly string[],
  options: Pick<StartOptions, 'cwd' | 'input'> = {},
): Promise<Exit & { readonly stdout: Buffer; readonly stderr: string }> {
  const started = stream(context, program, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    stdin: 'pipe',
  });
  // A program that ends before it has read everything is told by its exit, not by the broken pipe.
  started.stdin.on('error', () => undefined).end(options.input ?? '');
  const stdout = await buffer(started.stdout);
  return { ...(await started.exited), stdout, stderr: started.stderrTail() };
}

/** `exit 2` or `SIGKILL`: how a process ended, in a few letters. */
export function exitText(exit: Exit): string {
  return exit.signal ?? `exit ${exit.code ?? '?'}`;
}

/** The full path of a program, in the given folder or on PATH; undefined when it is not there. */
export async function findProgram(
  context: RunContext,
  program: string,
  folder?: string,
): Promise<string | undefined> {
  const folders = folder === undefined ? (context.env['PATH'] ?? '').split(':') : [folder];
  // Debian keeps servers in sbin folders, which are not on the PATH of every user.
  const searched = folder === undefined ? [...folders, '/usr/local/sbin', '/usr/sbin', '/sbin'] : folders;
  for (const candidate of searched.filter((name) => name !== '').map((name) => join(name, program))) {
    try {
      await access(candidate, constants.X_OK);
      return candidate;
    } catch {
      continue;
    }
  }
  return undefined;
}
