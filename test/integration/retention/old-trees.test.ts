import {
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ownIdentity } from '../../../scripts/system/process/identity.ts';
import { openJournal } from '../../../scripts/upgrade/journal/journal.ts';
import { maj, type CliRun } from '../../helpers/cli.ts';
import { temporaryFolder, testContext } from '../../helpers/context.ts';
import { layBackup } from './helpers.ts';

/** A project with a proven backup, and an application beside it. */
function layProject(): { project: string; site: string; app: string } {
  const project = temporaryFolder('project');
  const site = realpathSync(temporaryFolder('site'));
  layBackup(join(project, '.maj', 'backups'), 1, { proven: true });
  const app = join(site, 'app');
  layTree(app);
  return { project, site, app };
}

function layTree(path: string): string {
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'index.php'), '<?php\n');
  return path;
}

/** The journal of a switch of so many days ago, which put a tree aside. */
async function switched(project: string, days: number, kept: string): Promise<void> {
  const at = new Date(Date.now() - days * 24 * 3_600_000);
  const clock = { ...testContext().clock, now: () => at };
  const run = at.toISOString().replaceAll(/[-:.]/g, '');
  const journal = await openJournal(testContext({ projectDir: project, clock }), run);
  const plan = { moves: [], kept, strays: `${kept}-strays`, oldInode: null };
  const holder = ownIdentity();
  await journal.add({ type: 'run-started', run, from: '1', to: '2', package: 'p', holder });
  await journal.add({ type: 'switch-planned', plan });
  await journal.add({ type: 'run-finished', outcome: 'succeeded' });
  await journal.close();
}

const names = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder).sort() : []);

const prune = (project: string, app: string, ...words: string[]): Promise<CliRun> =>
  maj(project, ['prune', ...words], { env: { APP_DIR: app } });

test('trees that a switch or a restore put aside go like backups do, but not the last one', async () => {
  const { project, site, app } = layProject();
  const area = join(site, '.app.maj');
  for (const [days, version] of [
    [90, '1.0.0'],
    [80, '1.1.0'],
    [70, '1.2.0'],
  ] as const)
    await switched(project, days, layTree(join(area, `${version}-20260101T000000Z`)));
  layTree(join(area, 'replaced-20260201T000000000Z'));
  layTree(join(area, `replaced-${new Date().toISOString().replaceAll(/[-:.]/g, '')}`));
  layTree(join(area, 'somebody-else'));
  // A journal names it, but it is not where we put trees.
  await switched(project, 95, layTree(join(site, 'elsewhere')));
  const before = names(area);
  const going = ['1.0.0-20260101T000000Z', '1.1.0-20260101T000000Z', 'replaced-20260201T000000000Z'];

  const plan = await prune(project, app, '--plan');
  expect(plan.code, plan.stderr).toBe(0);
  for (const name of going) expect(plan.stdout).toContain(join(area, name));
  expect(names(area)).toEqual(before);

  const pruned = await prune(project, app);
  expect(pruned.code, pruned.stderr).toBe(0);
  const left = before.filter((name) => !going.includes(name));
  expect(names(area)).toEqual([...left, 'trash'].sort());
  expect(names(join(area, 'trash'))).toEqual(going);

  await prune(project, app);
  expect(names(area)).toEqual([...left, 'trash'].sort());
  expect(names(join(area, 'trash'))).toEqual([]);
  expect(names(app)).toEqual(['index.php']);
  expect(names(join(site, 'elsewhere'))).toEqual(['index.php']);
});

test('of releases the linked one stays, and so does what no journal of ours names', async () => {
  const { project, site } = layProject();
  const app = join(site, 'deployed');
  const releases = join(app, 'releases');
  for (const version of ['0.9.0', '1.0.0', '1.1.0', '1.2.0', '1.3.0']) layTree(join(releases, version));
  // 1.1.0 is what runs again, put back by hand: the newest switch had left it long ago.
  symlinkSync('releases/1.1.0', join(app, 'current'));
  await switched(project, 90, join(releases, '1.0.0'));
  await switched(project, 80, join(releases, '1.1.0'));
  await switched(project, 70, join(releases, '1.2.0'));
  const env = { APP_DIR: app, APP_LAYOUT: 'releases' };

  const pruned = await maj(project, ['prune'], { env });
  expect(pruned.code, pruned.stderr).toBe(0);
  expect(names(releases)).toEqual(['0.9.0', '1.1.0', '1.2.0', '1.3.0']);
  expect(names(join(app, '.maj', 'trash'))).toEqual(['1.0.0']);
  expect(readlinkSync(join(app, 'current'))).toBe('releases/1.1.0');
  await maj(project, ['prune'], { env });
  expect(names(join(app, '.maj', 'trash'))).toEqual([]);
  expect(names(releases)).toEqual(['0.9.0', '1.1.0', '1.2.0', '1.3.0']);
});
