import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stopIfInterrupted, type Context } from '../../scripts/core/context.ts';
import { refused } from '../../scripts/core/errors.ts';
import type { Flavour } from '../../scripts/sql/flavour.ts';
import { capture } from '../../scripts/system/process/processes.ts';
import { quoteWords } from '../../scripts/system/process/shell-words.ts';
import { exampleMigrations, type Example } from './example.ts';
import { observe, sawWindow, say, viewsText } from './observe.ts';
import { majCommand, runMaj, runShown, type Ran } from './own-maj.ts';
import { lookAt, watchWhile } from './page.ts';
import { copyMigrations, hashOfDump, makeProject, type Site } from './site.ts';

/** What every scene of the demonstration is played on. */
export interface Scene {
  readonly context: Context;
  readonly site: Site;
  readonly example: Example;
  readonly flavour: Flavour;
}

const rows = 100_000;

function title(context: Context, text: string): void {
  stopIfInterrupted(context);
  say(`\n=== ${text} ===`);
}

const expectExit = (command: string, ran: Ran, code: number): void =>
  observe(`${command} exits with ${code}`, ran.code === code, `exit ${ran.code ?? 'by a signal'}`);

/** The application is installed, its tables made, and filled with rows. */
export async function firstInstallation({ context, site, example }: Scene): Promise<void> {
  title(context, 'IntimeManager 1.0.0 is installed, with 100,000 rows of working time');
  expectExit('maj adopt-release', await runMaj(context, site.project, ['adopt-release']), 0);
  expectExit('maj rehearse', await runMaj(context, site.project, ['rehearse']), 0);
  expectExit('maj migrate', await runMaj(context, site.project, ['migrate', '--yes']), 0);
  const seeded = await example.seedDatabase(join(site.appDir, '.env'), { rows });
  observe(`${rows} rows are in timesheets`, seeded.timesheets === rows, String(seeded.timesheets));
  const view = await lookAt(site.url);
  observe('the page shows 1.0.0', view.version === '1.0.0' && view.status === 200, viewsText([view]));
}

/** What `maj status` tells, and a backup. */
export async function statusAndBackup({ context, site }: Scene): Promise<void> {
  title(context, 'Status, and a backup');
  expectExit('maj backup', await runMaj(context, site.project, ['backup']), 0);
  expectExit('maj verify', await runMaj(context, site.project, ['verify']), 0);
  const status = await runMaj(context, site.project, ['status']);
  expectExit('maj status', status, 0);
  observe('status names version 1.0.0', status.output.includes('1.0.0'), status.output);
}

/** The upgrade as it should be. */
export async function goodUpgrade({ context, site }: Scene): Promise<void> {
  title(context, 'The upgrade to 1.1.0, while a visitor looks at the page');
  const { result, seen } = await watchWhile(context, site.url, () =>
    runMaj(context, site.project, ['upgrade', '1.1.0']),
  );
  expectExit('maj upgrade 1.1.0', result, 0);
  const views = viewsText(seen);
  observe(`the visitor saw 1.0.0, maintenance, 1.1.0 (${views})`, sawWindow(seen, '1.0.0', '1.1.0'), views);
}

/** A release whose migration fails on the real rows: found by the dry run, before anything changed. */
export async function refusedRelease({ context, site, flavour }: Scene): Promise<void> {
  title(context, 'Release 2.0.0 has a migration that fails on the real rows: the dry run finds it');
  const before = await hashOfDump(context, site.target, flavour);
  const { result, seen } = await watchWhile(context, site.url, () =>
    runMaj(context, site.project, ['upgrade', '2.0.0']),
  );
  expectExit('maj upgrade 2.0.0', result, 3);
  observe('the message names the duplicate row', result.output.includes('Duplicate entry'), result.output);
  const undisturbed = seen.length === 1 && seen[0]?.status === 200 && seen[0].version === '1.1.0';
  observe('the visitor saw nothing but 1.1.0', undisturbed, viewsText(seen));
  const after = await hashOfDump(context, site.target, flavour);
  observe('every row is as before', before === after, 'another hash of the dump');
}

/** A release that migrates well and does not work: rolled back by itself. */
export async function rolledBackRelease({ context, site, flavour }: Scene): Promise<void> {
  title(context, 'Release 2.0.1 migrates, but does not work: it is rolled back by itself');
  const before = await hashOfDump(context, site.target, flavour);
  const { result, seen } = await watchWhile(context, site.url, () =>
    runMaj(context, site.project, ['upgrade', '2.0.1']),
  );
  expectExit('maj upgrade 2.0.1', result, 10);
  const views = viewsText(seen);
  observe(`the visitor saw 1.1.0, maintenance, 1.1.0 (${views})`, sawWindow(seen, '1.1.0', '1.1.0'), views);
  const after = await hashOfDump(context, site.target, flavour);
  observe('every row is as before, by the vendor’s own dump', before === after, 'another hash of the dump');
}

/** A developer pushes a new migration to the deploy branch. */
export async function gatedPush({ context, site }: Scene): Promise<void> {
  title(
    context,
    'A developer pushes a migration to the deploy branch: refused, then rehearsed, then accepted',
  );
  const repository = join(site.folder, 'repository');
  const bare = join(site.folder, 'deploy.git');
  await makeRepository(context, site, repository, bare);
  const push = ['push', '--quiet', bare, 'HEAD:deploy'];
  const show = (): void => say('$ git push … HEAD:deploy');
  show();
  const first = await runShown(context, 'git', push, repository);
  observe('the push is refused', first.code !== 0 && first.output.includes('maj rehearse'), first.output);
  expectExit('maj rehearse', await runMaj(context, repository, ['rehearse']), 0);
  show();
  const second = await runShown(context, 'git', push, repository);
  observe('the push is accepted', second.code === 0, second.output);
  const head = await capture(context, 'git', ['rev-parse', 'HEAD'], { cwd: repository });
  const deployed = await capture(context, 'git', ['--git-dir', bare, 'rev-parse', 'deploy']);
  observe('the deploy branch is at that commit', head.stdout === deployed.stdout, deployed.stderr);
}

async function makeRepository(context: Context, site: Site, repository: string, bare: string): Promise<void> {
  await makeProject(context, repository, site);
  await copyMigrations(exampleMigrations, join(repository, 'migrations'));
  await writeFile(
    join(repository, 'migrations', '008_note_on_projects.sql'),
    'ALTER TABLE projects ADD COLUMN note VARCHAR(200) NULL;\n',
  );
  await writeFile(join(repository, '.gitignore'), '.env\n.maj/\n');
  await mkdir(join(repository, '.husky'));
  const hook = `exec ${quoteWords(majCommand)} gate "$@"\n`;
  await writeFile(join(repository, '.husky', 'pre-push'), `#!/bin/sh\n${hook}`, { mode: 0o755 });
  const author = ['-c', 'user.name=Demo', '-c', 'user.email=demo@example.com'];
  const commands = [
    ['init', '--quiet', '--initial-branch', 'main'],
    ['config', 'core.hooksPath', '.husky'],
    ['add', '.'],
    [...author, 'commit', '--quiet', '--message', 'Add a note to projects'],
    ['init', '--quiet', '--bare', bare],
  ];
  for (const args of commands) {
    const { code, stderr } = await capture(context, 'git', args, { cwd: repository });
    if (code !== 0)
      throw refused('program-failed', { program: 'git', exit: `exit ${code ?? '?'}`, output: stderr });
  }
}
