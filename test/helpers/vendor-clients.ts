import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Context } from '../../scripts/core/context.ts';
import { stateStatement } from '../../scripts/database/session/session-state.ts';
import type { Target } from '../../scripts/database/session/target.ts';
import { findDumpClient, knownOptions, type DumpClient } from '../../scripts/dump/client/clients.ts';
import { makeOptionFile } from '../../scripts/dump/client/option-file.ts';
import { traits, type Flavour } from '../../scripts/sql/flavour.ts';
import { findProgram } from '../../scripts/system/process/processes.ts';

/** The vendor's own programs that dump and load, on this machine. */
export interface Clients extends DumpClient {
  /** Full path of mariadb or mysql. */
  readonly client: string;
}

/** Finds the clients of a server's flavour in the given folder, else in CLIENT_BIN_DIR, else on PATH. */
export async function findClients(
  context: Pick<Context, 'env' | 'config'>,
  flavour: Flavour,
  folder: string | undefined = context.config.CLIENT_BIN_DIR,
): Promise<Clients> {
  const config = { ...context.config, CLIENT_BIN_DIR: folder };
  const dump = await findDumpClient({ env: context.env, config }, flavour);
  for (const name of traits.programs[flavour].client) {
    const client = await findProgram(context, name, folder);
    if (client !== undefined) return { ...dump, client };
  }
  throw new Error(`no client of ${flavour} is here`);
}

/** Hands an option file to a piece of work, and removes it afterwards however that ends. */
export async function withOptionFile<T>(
  target: Target,
  flavour: Flavour,
  work: (path: string) => Promise<T>,
): Promise<T> {
  const file = await makeOptionFile(target, flavour);
  try {
    return await work(file.path);
  } finally {
    await file.remove();
  }
}

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

/** Loads SQL text into a database with the vendor's client; the first error stops it. */
export async function loadSql(
  context: Pick<Context, 'env'>,
  clients: Clients,
  target: Target,
  source: AsyncIterable<Buffer>,
): Promise<void> {
  const knows = await knownOptions(context, clients.client);
  await withOptionFile(target, clients.flavour, (file) =>
    run(clients.client, loadArguments(file, target.database, knows), source),
  );
}

/** Where the vendor's programs are to go: a server that a test has started, as root. */
export interface VendorAccess {
  readonly clients: Clients;
  readonly socket: string;
}

/**
 * Runs a script in a database by the vendor's client, as a user would with `mysql database < script`.
 *
 * @param extra more options
 */
export async function runScript(
  access: VendorAccess,
  database: string,
  script: Buffer,
  extra: readonly string[] = [],
): Promise<void> {
  const settings = ['--default-character-set=utf8mb4', '--max-allowed-packet=1G', '--comments'];
  await run(
    access.clients.client,
    [...login(access), ...settings, '--binary-mode', ...extra, database],
    script,
  );
}

/**
 * The vendor's own dump of a database, with all that its program can dump, as bytes.
 *
 * @param extra more options
 */
export async function vendorDump(
  access: VendorAccess,
  database: string,
  extra: readonly string[] = [],
): Promise<Buffer> {
  const everything = ['--routines', '--events', '--triggers', '--hex-blob', '--single-transaction'];
  const same = ['--skip-dump-date', '--default-character-set=utf8mb4', '--max-allowed-packet=1G'];
  const own = access.clients.flavour === 'mysql' ? ['--set-gtid-purged=OFF'] : ['--dump-history'];
  return run(access.clients.dump, [...login(access), ...everything, ...same, ...own, ...extra, database]);
}

const login = ({ socket }: VendorAccess): string[] => ['--no-defaults', `--socket=${socket}`, '--user=root'];

function run(
  program: string,
  args: readonly string[],
  input: Buffer | AsyncIterable<Buffer> = Buffer.alloc(0),
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const output: Buffer[] = [];
    let words = '';
    child.stdout.on('data', (data: Buffer) => output.push(data));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (words += text));
    // What a program that failed did not read is told by its exit.
    pipeline(Readable.from(input), child.stdin).catch(() => undefined);
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve(Buffer.concat(output)) : reject(new Error(`${program}: ${words}`)),
    );
  });
}
