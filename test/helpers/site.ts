import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { lookAt, type PageView } from '../../examples/demo/page.ts';
import { hashOfDump, installSite, type Site } from '../../examples/demo/site.ts';
import { withSession, type Session } from '../../scripts/database/session/session.ts';
import { readMigrations } from '../../scripts/migrations/folder.ts';
import { runMigrations } from '../../scripts/migrations/run/runner.ts';
import { adoptRelease } from '../../scripts/release/adopt.ts';
import type { ServerLikeness } from '../../scripts/server/server-options.ts';
import { parseJournal, type JournalLine } from '../../scripts/upgrade/journal/journal.ts';
import { maj, type CliRun } from './cli.ts';
import { temporaryFolder, testContext } from './context.ts';
import { sharedExample } from './example.ts';
import { useServer, type TestServer } from './servers.ts';

/** The example application, installed and served, with what a test wants to know of it. */
export interface TestSite extends Site {
  /** Calls `maj` in its project folder. */
  maj(...words: readonly string[]): Promise<CliRun>;
  page(): Promise<PageView>;
  /** Everything in the database, as one hash. */
  rows(): Promise<string>;
  /** The paths and contents of the application's files, but for logs. */
  files(): Promise<Readonly<Record<string, string>>>;
  /** Works as the server's administrator. */
  asAdmin<T>(work: (session: Session) => Promise<T>): Promise<T>;
  /** The newest run's journal; empty while there is none. */
  journal(): Promise<JournalLine[]>;
  /** Whether the maintenance flag is set. */
  inMaintenance(): Promise<boolean>;
}

/**
 * Starts a server for the tests of this block; each call of what it returns installs the example anew, as 1.0.0, whose files
 * are known by `adopt-release`.
 */
export function useSites(
  server: TestServer,
  rows = 3000,
  likeness: ServerLikeness = {},
): () => Promise<TestSite> {
  const running = useServer(server, likeness);
  const open: Site[] = [];
  const example = sharedExample();
  afterAll(async () => {
    for (const site of open) await site.close();
  });
  return async () => {
    const context = running().context();
    await withSession(context, running().target('mysql'), async (session) => {
      await session.run('DROP DATABASE IF EXISTS intimemanager');
      await session.run("DROP USER IF EXISTS intimemanager@'localhost'");
      // The example makes triggers.
      if (likeness.binaryLog === true) await session.run('SET GLOBAL log_bin_trust_function_creators = ON');
    });
    const site = await installSite(context, running(), temporaryFolder('site'), example);
    open.push(site);
    const migrations = await readMigrations(join(site.appDir, 'migrations'), {});
    const pending = migrations.map((one) => ({ ...one, done: 0, recordedAs: one.version }));
    await runMigrations(context, {
      target: site.target,
      migrations: pending,
      runId: 'install',
      appliedBy: 'test',
    });
    await example.seedDatabase(join(site.appDir, '.env'), { rows });
    await adoptRelease(
      testContext({
        projectDir: site.project,
        config: {
          APP_DIR: site.appDir,
          APP_PERSIST: ['uploads', 'logs', '.env'],
          UPDATE_SOURCE: site.packages,
        },
      }),
      undefined,
    );
    return {
      ...site,
      maj: (...words) => maj(site.project, words),
      page: () => lookAt(site.url),
      rows: () => hashOfDump(context, site.target, server.flavour),
      files: () => filesOf(site.appDir),
      asAdmin: (work) => withSession(context, running().target('mysql'), work),
      journal: () => newestJournal(site.project),
      inMaintenance: async () => Object.hasOwn(await filesOf(site.appDir), 'maintenance.flag'),
    };
  };
}

/** The state that every way back has to reach: compared as a whole. */
export async function stateOf(site: TestSite): Promise<Readonly<Record<string, unknown>>> {
  return { page: await site.page(), rows: await site.rows(), files: await site.files() };
}

/** What an unharmed site looks like to its visitors. */
export async function expectVersion(site: TestSite, version: string): Promise<void> {
  expect(await site.page()).toEqual({ status: 200, version });
  expect(await site.inMaintenance()).toBe(false);
}

async function filesOf(folder: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name).slice(folder.length + 1);
    if (!entry.isFile() || path.startsWith('logs/')) continue;
    files[path] = await readFile(join(folder, path), 'base64');
  }
  return files;
}

async function newestJournal(project: string): Promise<JournalLine[]> {
  const runs = join(project, '.maj', 'runs');
  try {
    const newest = (await readdir(runs)).sort().at(-1);
    return newest === undefined
      ? []
      : parseJournal(await readFile(join(runs, newest, 'journal.ndjson'), 'utf8'));
  } catch {
    return [];
  }
}
