import { createHash, randomBytes } from 'node:crypto';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Secret } from '../../scripts/config/types.ts';
import type { Context } from '../../scripts/core/context.ts';
import { refused } from '../../scripts/core/errors.ts';
import { withSession } from '../../scripts/database/session/session.ts';
import type { Target } from '../../scripts/database/session/target.ts';
import { findDumpClient } from '../../scripts/dump/client/clients.ts';
import { startDump } from '../../scripts/dump/client/dump.ts';
import type { Throwaway } from '../../scripts/server/throwaway.ts';
import type { Flavour } from '../../scripts/sql/flavour.ts';
import { quoteName, quoteText } from '../../scripts/sql/quote.ts';
import { makePrivateFolder, privateFile } from '../../scripts/system/files.ts';
import { capture } from '../../scripts/system/process/processes.ts';
import type { Example } from './example.ts';

/** The example application, installed as 1.0.0 on a throwaway server, with a web server in front. */
export interface Site {
  /** The folder that holds everything of the demonstration. */
  readonly folder: string;
  readonly appDir: string;
  readonly packages: string;
  /** Where the administrator works: `.env` and nothing else. */
  readonly project: string;
  readonly url: string;
  readonly target: Target;
  readonly close: () => Promise<void>;
}

const database = 'intimemanager';

/** Makes the database and its user, installs 1.0.0, and serves it on a free port. */
export async function installSite(
  context: Context,
  throwaway: Pick<Throwaway, 'target'>,
  folder: string,
  example: Example,
): Promise<Site> {
  const target = await makeDatabase(context, throwaway);
  const packages = join(folder, 'packages');
  const appDir = join(folder, 'www', database);
  const project = join(folder, 'project');
  await example.buildPackages(packages);
  await mkdir(appDir, { recursive: true });
  await unpack(context, join(packages, 'intimemanager-1.0.0.tar.gz'), appDir);
  await writeFile(join(appDir, '.env'), envText(databaseSettings(target)), { mode: privateFile });
  const server = await example.startWebServer(appDir, 0);
  await makeProject(context, project, { target, appDir, packages, url: server.url });
  return { folder, appDir, packages, project, url: server.url, target, close: server.close };
}

/** A project folder of an administrator or a developer: the settings, readable by nobody else. */
export async function makeProject(
  context: Context,
  project: string,
  site: Pick<Site, 'target' | 'appDir' | 'packages' | 'url'>,
): Promise<void> {
  await makePrivateFolder(project);
  const { CLIENT_BIN_DIR, REHEARSAL_SERVER } = context.config;
  const settings = {
    ...databaseSettings(site.target),
    APP_DIR: site.appDir,
    APP_PERSIST: 'uploads,logs,.env',
    APP_LOGS: 'logs/error.log',
    APP_HEALTH_URL: `${site.url}/health`,
    APP_HEALTH_TEXT: 'ok {version}',
    APP_HEALTH_TIMEOUT: '5s',
    MAINTENANCE_FILE: 'maintenance.flag',
    UPDATE_SOURCE: site.packages,
    REHEARSAL_SERVER,
    ...(CLIENT_BIN_DIR === undefined ? {} : { CLIENT_BIN_DIR }),
  };
  await writeFile(join(project, '.env'), envText(settings), { mode: privateFile });
}

/**
 * A hash of everything in the database, made from the vendor's own dump. Columns are left out: MySQL 9.7 spells the
 * definition of a column in another way once it was loaded from a dump (`CHARACTER SET` before `COLLATE`).
 */
export async function hashOfDump(context: Context, target: Target, flavour: Flavour): Promise<string> {
  const dump = await startDump(context, await findDumpClient(context, flavour), target);
  const hash = createHash('sha256');
  for await (const line of createInterface({ input: dump.stdout })) {
    if (!line.startsWith('  `')) hash.update(`${line}\n`);
  }
  await dump.finished;
  return hash.digest('hex');
}

/** Copies the example's migrations, as a developer's repository holds them. */
export async function copyMigrations(from: URL, to: string): Promise<void> {
  await cp(from, to, { recursive: true });
}

async function makeDatabase(context: Context, throwaway: Pick<Throwaway, 'target'>): Promise<Target> {
  const password = randomBytes(12).toString('hex');
  const account = `${quoteText(database)}@'localhost'`;
  await withSession(context, throwaway.target('mysql'), async (session) => {
    await session.run(`CREATE DATABASE ${quoteName(database)} CHARACTER SET utf8mb4`);
    await session.run(`CREATE USER ${account} IDENTIFIED BY ${quoteText(password)}`);
    await session.run(`GRANT ALL ON ${quoteName(database)}.* TO ${account}`);
  });
  return { ...throwaway.target(database), user: database, password: new Secret(password) };
}

async function unpack(context: Context, file: string, into: string): Promise<void> {
  const output = await capture(context, 'tar', ['-xzf', file, '-C', into, '--strip-components', '1']);
  if (output.code !== 0)
    throw refused('program-failed', {
      program: 'tar',
      exit: `exit ${output.code ?? '?'}`,
      output: output.stderr,
    });
}

function databaseSettings(target: Target): Record<string, string> {
  return {
    DB_SOCKET: target.socket ?? '',
    DB_NAME: target.database,
    DB_USER: target.user,
    DB_PASSWORD: target.password?.reveal() ?? '',
  };
}

const envText = (settings: Readonly<Record<string, string>>): string =>
  Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
