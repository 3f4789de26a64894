import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import type { Example } from '../../../examples/demo/example.ts';
import { lookAt, type PageView } from '../../../examples/demo/page.ts';
import { hashOfDump, installSite, makeProject } from '../../../examples/demo/site.ts';
import { withSession } from '../../../scripts/database/session/session.ts';
import type { Target } from '../../../scripts/database/session/target.ts';
import { readMigrations } from '../../../scripts/migrations/folder.ts';
import { runMigrations } from '../../../scripts/migrations/run/runner.ts';
import { parseJournal, type JournalLine } from '../../../scripts/upgrade/journal/journal.ts';
import { allowLocking, lockedOf } from '../../helpers/account-locks.ts';
import { asAUser, startMaj, type CliRun } from '../../helpers/cli.ts';
import { testContext } from '../../helpers/context.ts';
import type { KillableServer } from '../../helpers/killable-server.ts';
import { clientFolder, type TestServer } from '../../helpers/servers.ts';

export type Layout = 'in-place' | 'releases';

/** The file systems that a run writes to, each of its own and small enough to be filled. */
type Disk = 'project' | 'application' | 'temporary';
/** Not the temporary one: what watches over a throwaway server removes folders there while a blow is mended. */
type Deniable = Exclude<Disk, 'temporary'>;
const deniable: readonly Deniable[] = ['project', 'application'];
const sizes: Readonly<Record<Disk, string>> = { project: '600m', application: '600m', temporary: '1500m' };

/** The example application on a server that may be killed, on file systems that may be full. */
export interface MatrixSite {
  readonly folder: string;
  /** Of the database server. */
  readonly socket: string;
  /** A shell command that fills a file system up. */
  fill(disk: Disk): string;
  /** A shell command after which nothing may be made in a file system, or removed from it, any more. */
  deny(disk: Deniable): string;
  /** Makes everything work again that a blow has broken. */
  mend(): Promise<void>;
  /** A file which, where it is, makes the health page fail (for the version in it, or all) or the cache command. */
  flag(name: 'health' | 'hook'): string;
  maj(words: readonly string[], env?: Readonly<Record<string, string>>): Promise<CliRun>;
  page(): Promise<PageView>;
  rows(): Promise<string>;
  files(): Promise<Readonly<Record<string, string>>>;
  journal(): Promise<JournalLine[]>;
  /** What a run should have removed: staged trees, half backups, locks, and that the services are stopped. */
  leftovers(): Promise<string[]>;
  close(): Promise<void>;
}

export async function makeMatrixSite(
  server: TestServer,
  running: KillableServer,
  folder: string,
  layout: Layout,
  example: Example,
): Promise<MatrixSite> {
  const places = { project: join(folder, 'p'), application: join(folder, 'a'), temporary: join(folder, 't') };
  const disks = Object.keys(sizes) as Disk[];
  for (const disk of disks) {
    await mkdir(places[disk]);
    mount('-t', 'tmpfs', '-o', `size=${sizes[disk]},mode=0755`, 'tmpfs', places[disk]);
  }
  const clients = clientFolder(server);
  const context = testContext({
    config: {
      ...(clients === undefined ? {} : { CLIENT_BIN_DIR: clients }),
      REHEARSAL_SERVER: server.binDir ?? 'auto',
    },
  });
  await running.run(async (session) => {
    await session.run('DROP DATABASE IF EXISTS intimemanager');
    await session.run("DROP USER IF EXISTS intimemanager@'localhost'");
    await session.run(`DROP USER IF EXISTS ${worker}@'localhost'`);
    await session.run(`CREATE USER ${worker}@'localhost'`);
  });
  const installed = await installSite(context, running, places.application, example);
  await running.run((session) => allowLocking(session, "intimemanager@'localhost'"));
  await seed(installed.target, installed.appDir, example);
  const root = join(places.application, 'www', 'site');
  const live = layout === 'in-place' ? installed.appDir : join(root, 'current');
  if (layout === 'releases') await toReleases(installed.appDir, root);
  const web = await example.startWebServer(live, 0);
  const flags = { health: join(folder, 'health-fails'), hook: join(folder, 'hook-fails') };
  const stopped = join(folder, 'services-are-stopped');
  const proxy = await startProxy(web.url, flags.health);
  const project = join(places.project, 'project');
  const appDir = layout === 'in-place' ? installed.appDir : root;
  await makeProject(context, project, { ...installed, appDir, url: proxy.url });
  const more = {
    APP_LAYOUT: layout,
    APP_HEALTH_TIMEOUT: '5s',
    APP_CACHE_COMMAND: `test ! -e ${flags.hook}`,
    APP_STOP_COMMAND: `touch ${stopped}`,
    APP_START_COMMAND: `rm -f ${stopped}`,
    APP_DB_ACCOUNTS: worker,
  };
  const path = join(project, '.env');
  const lines = Object.entries(more).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(path, (await readFile(path, 'utf8')) + lines.join(''));
  const area =
    layout === 'in-place' ? join(installed.appDir, '..', '.intimemanager.maj') : join(root, '.maj');
  return {
    folder,
    socket: running.socket,
    fill: (disk) => {
      const used = `$(df -k --output=used ${places[disk]} | tail -1 | tr -d ' ')`;
      // A size of 0 would be none.
      return `mount -o remount,size=$((${used} + 4))k ${places[disk]}`;
    },
    deny: (disk) => `find ${places[disk]} -type d -exec chmod a-w {} +`,
    mend: async () => {
      for (const disk of disks) mount('-o', `remount,rw,size=${sizes[disk]}`, places[disk]);
      for (const disk of deniable)
        execFileSync('find', [places[disk], '-type', 'd', '-exec', 'chmod', 'u+w', '{}', '+']);
      for (const flag of Object.values(flags)) await rm(flag, { force: true });
      if (!(await running.answers())) {
        await running.kill();
        await running.start();
      }
    },
    flag: (name) => flags[name],
    maj: (words, env = {}) =>
      startMaj(project, words, { env: { TMPDIR: places.temporary, ...env }, through: asAUser }).ended,
    page: () => lookAt(web.url),
    rows: () => hashOfDump(context, installed.target, server.flavour),
    files: () => filesOf(layout === 'in-place' ? live : root, layout),
    journal: async () => {
      const newest = (await namesIn(join(project, '.maj', 'runs'))).at(-1);
      if (newest === undefined) return [];
      return parseJournal(await readFile(join(project, '.maj', 'runs', newest, 'journal.ndjson'), 'utf8'));
    },
    leftovers: async () => [
      ...(existsSync(stopped) ? [stopped] : []),
      ...(await running.run((session) => lockedOf(session, worker))),
      ...(await namesIn(join(project, '.maj'))).filter((name) => name.startsWith('locked-')),
      ...(await namesIn(join(project, '.maj'))).filter((name) => name.startsWith('lock')),
      ...(await namesIn(join(project, '.maj', 'backups'))).filter((name) => name.endsWith('.partial')),
      ...(await namesIn(area)).filter((name) => /^staged-|\.moving$|\.maj-new$/.test(name)),
    ],
    close: async () => {
      await proxy.close();
      await web.close();
      await installed.close();
      for (const disk of disks) execFileSync('umount', ['-l', places[disk]]);
    },
  };
}

/** The account of the application that is locked out while a run works on the database. */
const worker = 'intimemanager_worker';

const mount = (...words: readonly string[]): void => void execFileSync('mount', words);

async function seed(target: Target, appDir: string, example: Example): Promise<void> {
  const context = testContext();
  const migrations = await readMigrations(join(appDir, 'migrations'), {});
  const pending = migrations.map((one) => ({ ...one, done: 0, recordedAs: one.version }));
  await runMigrations(context, { target, migrations: pending, runId: 'install', appliedBy: 'test' });
  await example.seedDatabase(join(appDir, '.env'), { rows: 1500 });
  // Rows that no migration knows.
  await withSession(context, target, (session) =>
    session.run('CREATE TABLE notes_of_ours (id INT PRIMARY KEY, body TEXT) ENGINE=InnoDB'),
  );
}

/** Turns an application in a folder of its own into the one release of a folder of releases. */
async function toReleases(appDir: string, root: string): Promise<void> {
  await mkdir(join(root, 'releases'), { recursive: true });
  await mkdir(join(root, 'shared'));
  const release = join(root, 'releases', '1.0.0');
  await rename(appDir, release);
  // The application makes it where it is not there: in the release, where the next upgrade would have to refuse it.
  await mkdir(join(release, 'logs'), { recursive: true });
  for (const name of ['.env', 'uploads', 'logs']) {
    if (!existsSync(join(release, name))) continue;
    await rename(join(release, name), join(root, 'shared', name));
    await symlink(join('..', '..', 'shared', name), join(release, name));
  }
  await symlink(join('releases', '1.0.0'), join(root, 'current'));
}

/** Passes the health page on, unless a file says that it fails: for the version that is in it, or for all. */
async function startProxy(to: string, flag: string): Promise<{ url: string; close(): Promise<void> }> {
  const proxy: Server = createServer((request, response) => {
    void (async () => {
      try {
        const answer = await fetch(`${to}${request.url ?? '/'}`);
        const text = await answer.text();
        const fails = existsSync(flag) && text.includes(readFileSync(flag, 'utf8').trim());
        response.writeHead(fails ? 503 : answer.status).end(text);
      } catch {
        response.writeHead(502).end();
      }
    })();
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const address = proxy.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port ?? 0}`,
    close: () => new Promise((resolve) => proxy.close(() => resolve())),
  };
}

/** The contents of the application's files but for logs; of the releases, those of the current one and what they share. */
async function filesOf(folder: string, layout: Layout): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  const trees = layout === 'in-place' ? [folder] : [join(folder, 'current'), join(folder, 'shared')];
  for (const tree of trees) {
    for (const entry of await readdir(`${tree}/`, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (!entry.isFile() || path.includes('/logs/')) continue;
      files[path] = await readFile(path, 'base64');
    }
  }
  return files;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch {
    return [];
  }
}
