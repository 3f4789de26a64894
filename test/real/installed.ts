import { createHash } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import { withSession } from '../../scripts/database/session/session.ts';
import { quoteName } from '../../scripts/sql/quote.ts';
import { maj, type CliRun } from '../helpers/cli.ts';
import { temporaryFolder } from '../helpers/context.ts';
import { isRoot } from '../helpers/root.ts';
import type { RunningServer } from '../helpers/servers.ts';
import { run, sha256Of } from './cache.ts';

/** The account that web servers run as on Debian. */
export const webUser = 'www-data';

/** The folders of an administrator: the application beneath `www`, the packages of its releases, and maj's project. */
export interface Folders {
  readonly root: string;
  readonly app: string;
  readonly packages: string;
  readonly project: string;
}

/** Makes them as root would on a server: everybody may pass to the application, nobody but root changes what is above it. */
export function makeFolders(name: string): Folders {
  if (!isRoot) throw new Error(`These tests give files to ${webUser}: run them as root.`);
  const root = temporaryFolder(name);
  chmodSync(root, 0o755);
  const folders = {
    root,
    app: join(root, 'www', name),
    packages: join(root, 'packages'),
    project: join(root, 'project'),
  };
  for (const folder of [folders.app, folders.packages, folders.project])
    mkdirSync(folder, { recursive: true });
  // The empty folder says that the application has no scripts for maj.
  mkdirSync(join(folders.project, 'migrations'));
  chmodSync(folders.project, 0o700);
  return folders;
}

/** Puts a release where UPDATE_SOURCE looks for it, with its sum. */
export async function offer({ packages }: Folders, file: string): Promise<void> {
  await run('cp', [file, packages]);
  writeFileSync(join(packages, `${basename(file)}.sha256`), `${sha256Of(file)}  ${basename(file)}\n`);
}

/** Unpacks a release as an administrator does by hand. */
export async function unpackByHand({ app }: Folders, file: string): Promise<void> {
  await run('tar', ['-xzf', file, '-C', app, '--strip-components', '1', '--no-same-owner']);
}

/** Writes files that no package holds. */
export function writeFiles({ app }: Folders, files: Readonly<Record<string, string | Buffer>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(app, path)), { recursive: true });
    writeFileSync(join(app, path), content);
  }
}

/** Gives everything to the web server, and nothing to others: folders 0750, files 0640, programs 0750. */
export async function closeToOthers({ app }: Folders): Promise<void> {
  await run('chown', ['-R', `${webUser}:${webUser}`, app]);
  await run('chmod', ['-R', 'u=rwX,g=rX,o=', app]);
}

/** The settings of maj, as an administrator writes them. */
export function writeSettings({ project }: Folders, settings: Readonly<Record<string, string>>): void {
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(join(project, '.env'), lines.join(''), { mode: 0o600 });
}

/** A database for an application, with an account that may do everything in it; the settings that name them. */
export async function makeDatabase(
  server: RunningServer,
  name: string,
): Promise<Readonly<Record<string, string>>> {
  const [password, account] = [`${name}-of-the-test`, `'${name}'@'localhost'`];
  await server.createDatabase(name);
  await withSession(server.context(), server.target('mysql'), async (session) => {
    await session.run(`CREATE USER ${account} IDENTIFIED BY '${password}'`);
    await session.run(`GRANT ALL ON ${name}.* TO ${account}`);
  });
  // The socket lies in a private folder; the application is another user's.
  for (let above = dirname(server.socket); above !== '/' && above.includes('/maj-'); above = dirname(above))
    chmodSync(above, lstatSync(above).mode | 0o001);
  const { CLIENT_BIN_DIR, REHEARSAL_SERVER } = server.context().config;
  return {
    DB_SOCKET: server.socket,
    DB_NAME: name,
    DB_USER: name,
    DB_PASSWORD: password,
    REHEARSAL_SERVER,
    ...(CLIENT_BIN_DIR === undefined ? {} : { CLIENT_BIN_DIR }),
  };
}

/** The columns of a database, and a sum of the rows of each table, but for some that the application writes to as it likes. */
export function sumsOf(server: RunningServer, database: string, except: readonly string[]): Promise<unknown> {
  return withSession(server.context(), server.target(database), async (session) => {
    const columns = await session.rows(
      `SELECT table_name AS tab, column_name AS col, column_type AS type, is_nullable AS nullable
       FROM information_schema.columns WHERE table_schema = '${database}' ORDER BY 1, 2`,
    );
    const tables = [...new Set(columns.map(({ tab }) => String(tab)))].filter(
      (name) => !except.includes(name),
    );
    return { columns, sums: await session.rows(`CHECKSUM TABLE ${tables.map(quoteName).join(', ')}`) };
  });
}

/** Calls maj, and expects that it ends so. */
export async function call({ project }: Folders, code: number, ...words: readonly string[]): Promise<CliRun> {
  const ended = await maj(project, words);
  expect(ended.code, `maj ${words.join(' ')}\n${ended.stdout}${ended.stderr}`).toBe(code);
  return ended;
}

/** What is in a place of a tree. */
export interface Thing {
  readonly mode: number;
  readonly owner: string;
  /** The hash of a file, the target of a link; empty for a folder. */
  readonly content: string;
}

/** Everything in a tree but what lies in some of its folders, by path. */
export function lookAt({ app }: Folders, except: readonly string[] = []): ReadonlyMap<string, Thing> {
  const found = new Map<string, Thing>();
  const visit = (path: string): void => {
    if (except.includes(path)) return;
    const full = join(app, path);
    const { mode, uid, gid } = lstatSync(full);
    const kind = mode & 0o170000;
    const content =
      kind === 0o040000
        ? ''
        : kind === 0o120000
          ? readlinkSync(full)
          : createHash('sha256').update(readFileSync(full)).digest('hex');
    found.set(path, { mode: kind === 0o120000 ? 0 : mode & 0o7777, owner: `${uid}:${gid}`, content });
    if (kind === 0o040000)
      for (const name of readdirSync(full)) visit(path === '' ? name : `${path}/${name}`);
  };
  visit('');
  return found;
}

/** No path has a right that it did not have before, nothing new is open to others, and all belongs to whom it did. */
export function expectNoWiderModes(
  before: ReadonlyMap<string, Thing>,
  after: ReadonlyMap<string, Thing>,
): void {
  const owner = before.get('')?.owner;
  const wider = [...after].filter(([path, { mode }]) => (mode & ~(before.get(path)?.mode ?? 0o750)) !== 0);
  expect(wider).toEqual([]);
  expect([...after].filter((entry) => entry[1].owner !== owner)).toEqual([]);
}

/** Everything is as it was, and nothing is there beside it. Tells what differs only: trees of fifty thousand files are compared. */
export function expectSame(before: ReadonlyMap<string, Thing>, after: ReadonlyMap<string, Thing>): void {
  const paths = [...new Set([...before.keys(), ...after.keys()])];
  const differing = paths.filter((path) => !isDeepStrictEqual(before.get(path), after.get(path)));
  expect(differing.map((path) => [path, before.get(path), after.get(path)])).toEqual([]);
}

/** These are as they were: content, mode and owner. */
export function expectKept(
  before: ReadonlyMap<string, Thing>,
  after: ReadonlyMap<string, Thing>,
  paths: readonly string[],
): void {
  const those = (map: ReadonlyMap<string, Thing>): unknown => paths.map((path) => [path, map.get(path)]);
  expect(those(after)).toEqual(those(before));
  expect(paths.filter((path) => !before.has(path))).toEqual([]);
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Asks until there is an answer of this status; its text. For what is slow to start. */
export async function answerOf(url: string, status = 200): Promise<string> {
  const last = { text: '' };
  await expect
    .poll(
      async () => {
        try {
          const answer = await fetch(url, { redirect: 'manual' });
          last.text = await answer.text();
          return answer.status;
        } catch {
          await setTimeout(200);
          return undefined;
        }
      },
      { timeout: 300_000, interval: 500 },
    )
    .toBe(status);
  return last.text;
}
