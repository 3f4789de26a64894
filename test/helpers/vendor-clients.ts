import { spawn } from 'node:child_process';
import type { Clients } from '../../scripts/dump/client/clients.ts';

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

function run(program: string, args: readonly string[], input: Buffer = Buffer.alloc(0)): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const output: Buffer[] = [];
    let words = '';
    child.stdout.on('data', (data: Buffer) => output.push(data));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (words += text));
    child.stdin.on('error', () => undefined).end(input);
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve(Buffer.concat(output)) : reject(new Error(`${program}: ${words}`)),
    );
  });
}
