import { once } from 'node:events';
import type { Context } from '../../core/context.ts';
import { interrupted, refused } from '../../core/errors.ts';
import { stateStatement } from '../../database/session/session-state.ts';
import { clientConnectFailure } from '../../database/session/sql-error.ts';
import type { Target } from '../../database/session/target.ts';
import { exitText, stream, type Streamed } from '../../system/process/processes.ts';
import { knownOptions, type Clients } from './clients.ts';
import { withOptionFile } from './option-file.ts';

/** The arguments of the client, of which `knows` tells the options. */
export function loadArguments(
  optionFile: string,
  database: string,
  knows: (option: string) => boolean,
): readonly string[] {
  return [
    `--defaults-file=${optionFile}`,
    '--batch',
    // Otherwise CR LF within a text becomes LF, and `\\g` or `source` within one is obeyed.
    '--binary-mode',
    '--default-character-set=utf8mb4',
    '--max-allowed-packet=1G',
    '--no-auto-rehash',
    `--init-command=${stateStatement('ours')}`,
    // Comments at the head of routines would be dropped: MySQL's client keeps them from 8.0 on, MariaDB's does not.
    ...(knows('comments') ? ['--comments'] : []),
    // The connection that a dump's session settings were made on must be the one that its rows go through.
    ...(knows('reconnect') ? ['--skip-reconnect'] : []),
    '--',
    database,
  ];
}

/**
 * Loads SQL text into a database with the vendor's client; the first error stops it. When the source fails, or the
 * context's signal aborts, the client is killed before it can run the statement that was cut off.
 *
 * @throws MajError `load-failed` in the client's own words; whatever the source throws; `interrupted`
 */
export async function loadSql(
  context: Pick<Context, 'env' | 'signal'>,
  clients: Clients,
  target: Target,
  source: AsyncIterable<Buffer>,
): Promise<void> {
  const knows = await knownOptions(context, clients.client);
  await withOptionFile(target, clients.flavour, async (optionFile) => {
    const args = loadArguments(optionFile, target.database, knows);
    const child = stream(context, clients.client, args, { stdin: 'pipe', stdout: 'ignore' });
    const stop = (): void => child.kill('SIGKILL');
    context.signal.addEventListener('abort', stop, { once: true });
    if (context.signal.aborted) stop();
    try {
      await feed(child, knows('sandbox') ? source : withoutSandboxLine(source));
    } catch (error) {
      stop();
      await child.exited.catch(() => undefined);
      throw error;
    } finally {
      context.signal.removeEventListener('abort', stop);
    }
    const exit = await child.exited;
    if (context.signal.aborted) throw interrupted('interrupted', {});
    if (exit.code === 0) return;
    const output = child.stderrTail();
    const unconnected = clientConnectFailure(target, output);
    if (unconnected !== undefined) throw unconnected;
    const facts = { program: clients.client, exit: exitText(exit), output, database: target.database };
    throw refused('load-failed', facts);
  });
}

/** Writes the source to the client, and ends early, without an error, when the client has: its exit says why. */
async function feed(child: Streamed, source: AsyncIterable<Buffer>): Promise<void> {
  const state = { gone: false };
  const leave = (): void => {
    state.gone = true;
  };
  const over = child.exited.then(leave, leave);
  child.stdin.on('error', leave);
  for await (const chunk of source) {
    if (state.gone) break;
    if (child.stdin.write(chunk)) continue;
    await Promise.race([once(child.stdin, 'drain').catch(leave), over]);
  }
  child.stdin.end();
  await over;
}

/**
 * The first line of a dump by mariadb-dump since 10.5.25, 10.6.18, 10.11.8 and 11.0.6, in both of its spellings. It
 * forbids the client to touch files; MySQL's client and older ones of MariaDB's stop at it with a syntax error.
 */
const sandboxLine = /^\/\*M?!999999\\- enable the sandbox mode \*\/ ?\r?\n/;

/** No spelling of it is longer. */
const longest = 64;

/** Hands on a dump without that line, if it begins with it; all else is handed on as it comes. */
export async function* withoutSandboxLine(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of source) {
    if (head === undefined) {
      yield chunk;
      continue;
    }
    head = Buffer.concat([head, chunk]);
    if (head.length < longest) continue;
    yield withoutLine(head);
    head = undefined;
  }
  if (head !== undefined && head.length > 0) yield withoutLine(head);
}

function withoutLine(head: Buffer): Buffer {
  const line = sandboxLine.exec(head.toString('latin1', 0, longest))?.[0];
  return line === undefined ? head : head.subarray(line.length);
}
