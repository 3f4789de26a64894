import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf } from '../../scripts/core/errors.ts';
import type { Say } from './measure-backup.ts';
import { cacheFolder } from './program.ts';
import { liveDatabase, type BenchServer } from './server.ts';
import { timed } from './timed.ts';

/** Another tool that runs migrations and keeps a ledger, and how long it took for the same ones: no limit, for scale. */
export interface Peer {
  readonly name: string;
  readonly version: string;
  readonly seconds: number;
}

/** What is installed for the benchmark alone, and only when it runs: nobody else needs it. */
const packages = { dbmate: '2.36.0', knex: '3.3.0', mysql2: '3.24.6' } as const;

/** Times dbmate and knex on migrations of one statement each; where they cannot be installed, it says so. */
export async function measurePeers(
  server: BenchServer,
  statements: readonly string[],
  say: Say,
): Promise<Peer[]> {
  const programs = await installed(say);
  if (programs === undefined) return [];
  const measured: Peer[] = [];
  for (const [name, words] of [
    ['dbmate', await dbmate(server, statements)],
    ['knex', await knex(server, statements)],
  ] as const) {
    await server.empty(liveDatabase);
    const { seconds } = await timed([join(programs, name), ...words], { cwd: server.folder });
    say(`${name} ${packages[name]}: ${seconds.toFixed(1)} s`);
    measured.push({ name, version: packages[name], seconds });
  }
  return measured;
}

/** The folder of their programs. */
async function installed(say: Say): Promise<string | undefined> {
  const folder = join(cacheFolder, 'peers');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies: packages }));
  try {
    await timed(['npm', 'install', '--no-audit', '--no-fund', '--no-save', '--prefix', folder]);
  } catch (error) {
    say(`dbmate and knex are not measured, as they cannot be installed: ${reasonOf(error)}`);
    return undefined;
  }
  return join(folder, 'node_modules', '.bin');
}

async function dbmate(server: BenchServer, statements: readonly string[]): Promise<string[]> {
  const folder = await emptyFolder(server, 'dbmate');
  for (const [number, statement] of statements.entries())
    await writeFile(
      join(folder, `${versionOf(number)}_step.sql`),
      `-- migrate:up\n${statement}\n-- migrate:down\n`,
    );
  const url = `mysql://root@localhost/${liveDatabase}?socket=${encodeURIComponent(server.socket)}`;
  return ['--url', url, '--migrations-dir', folder, '--no-dump-schema', 'migrate'];
}

async function knex(server: BenchServer, statements: readonly string[]): Promise<string[]> {
  const folder = await emptyFolder(server, 'knex');
  for (const [number, statement] of statements.entries())
    await writeFile(
      join(folder, `${versionOf(number)}_step.js`),
      `exports.up = (knex) => knex.raw(${JSON.stringify(statement)});\nexports.down = () => undefined;\n`,
    );
  const settings = {
    client: 'mysql2',
    connection: { socketPath: server.socket, user: 'root', database: liveDatabase },
    migrations: { directory: folder },
  };
  // Beside its packages: it looks for the driver from there.
  const file = join(cacheFolder, 'peers', 'knexfile.cjs');
  await writeFile(file, `module.exports = ${JSON.stringify(settings)};\n`);
  return ['migrate:latest', '--knexfile', file];
}

async function emptyFolder(server: BenchServer, name: string): Promise<string> {
  const folder = join(server.folder, name);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  return folder;
}

const versionOf = (number: number): string => String(20_260_101_000_000 + number);
