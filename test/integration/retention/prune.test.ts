import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { listBackups } from '../../../scripts/backup/list.ts';
import { ownIdentity } from '../../../scripts/system/process/identity.ts';
import { openJournal } from '../../../scripts/upgrade/journal/journal.ts';
import { withLock } from '../../../scripts/upgrade/lock.ts';
import { pruneAfterSuccess } from '../../../scripts/upgrade/prune.ts';
import { maj, startMaj, type CliRun } from '../../helpers/cli.ts';
import { temporaryFolder, testContext } from '../../helpers/context.ts';
import { layBackup } from './helpers.ts';

let project = '';
let backups = '';
let trash = '';

beforeEach(() => {
  project = temporaryFolder('project');
  backups = join(project, '.maj', 'backups');
  trash = join(backups, '.trash');
});

const names = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => !name.startsWith('.'))
        .sort()
    : [];

const call = (...words: string[]): Promise<CliRun> => maj(project, words);

async function dataOf(...words: string[]): Promise<unknown> {
  const { stdout, stderr, code } = await call(...words, '--json');
  expect([code, stderr]).toEqual([0, '']);
  return (JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { data: unknown }).data;
}

/** Three recent ones, a proven one among them, and as many as are wanted from before the days. */
function layExpired(count: number): { kept: string[]; expired: string[] } {
  const kept = [1, 2, 3].map((days) => layBackup(backups, days, { proven: days === 2 }));
  const expired = Array.from({ length: count }, (_, index) => layBackup(backups, 60 + index));
  return { kept: kept.sort(), expired: expired.sort() };
}

describe('maj prune', () => {
  test('moves what has expired into the trash, and removes it the next time', async () => {
    const { kept, expired } = layExpired(2);
    expect(await dataOf('prune', '--plan')).toMatchObject({ trashed: expired, removed: [], kept: 3 });
    expect(names(backups)).toEqual([...expired, ...kept].sort());
    expect(await dataOf('prune')).toMatchObject({ trashed: expired, removed: [], kept: 3 });
    expect(names(backups)).toEqual(kept);
    expect(names(trash)).toEqual(expired);
    const plan = await call('prune', '--plan');
    expect(plan.stdout).toContain('From the trash would go for good:');
    expect(names(trash)).toEqual(expired);
    expect(await dataOf('prune')).toMatchObject({ trashed: [], removed: expired, kept: 3 });
    expect(names(backups)).toEqual(kept);
    expect(names(trash)).toEqual([]);
  });

  test('counts and takes the backups of one database only, in the trash too', async () => {
    const own = [40, 60].map((days) => layBackup(backups, days, { proven: true, version: 'own' }));
    const unproven = [61, 62, 100].map((days) => layBackup(backups, days, { version: 'own' }));
    const others = [1, 90, 91, 92].map((days) =>
      layBackup(backups, days, { proven: days === 1, version: 'other', database: 'blog' }),
    );
    const old = unproven.at(-1) ?? '';
    // Counted from the newest proven one of its own: with that of the other database all but three would go.
    const facts = { trashed: [old], kept: own.length + unproven.length - 1, others: others.length };
    expect(await dataOf('prune', '--db-name', 'shop')).toMatchObject(facts);
    expect(names(backups)).toEqual([...own, ...unproven, ...others].filter((id) => id !== old).sort());

    expect(await dataOf('prune', '--db-name', 'blog')).toMatchObject({ removed: [], trashed: [others[3]] });
    expect(names(trash)).toEqual([old, others[3]].sort());
    expect(await dataOf('prune', '--db-name', 'shop')).toMatchObject({ removed: [old], trashed: [] });
    expect(names(trash)).toEqual([others[3]]);
    const none = await dataOf('prune', '--db-name', 'third');
    expect(none).toMatchObject({ removed: [], trashed: [], kept: 0 });
  });

  test('one that was moved back is a backup like before', async () => {
    const { expired } = layExpired(1);
    const [id = ''] = expired;
    const context = testContext({ projectDir: project });
    const before = (await listBackups(context)).find((backup) => backup.id === id);
    const pruned = await call('prune');
    expect(pruned.stdout).toContain(`mv ${trash}/ID ${backups}/`);
    await rename(join(trash, id), join(backups, id));
    expect((await listBackups(context)).find((backup) => backup.id === id)).toEqual(before);
  });

  test('touches nothing, not even the trash, while no backup is proven, and says why', async () => {
    const { expired } = layExpired(2);
    await call('prune');
    for (const id of names(backups)) await rm(join(backups, id, 'proof.json'), { force: true });
    const old = layBackup(backups, 90);
    const pruned = await call('prune');
    expect([pruned.code, pruned.stderr]).toEqual([0, '']);
    expect(pruned.stdout).toContain('none of 4 backups is proven');
    expect(names(backups)).toContain(old);
    expect(names(trash)).toEqual(expired);
  });

  test('leaves the trash alone when it holds all that there is', async () => {
    const { expired } = layExpired(1);
    await call('prune');
    for (const id of names(backups)) await rm(join(backups, id), { recursive: true });
    expect(await dataOf('prune')).toMatchObject({ removed: [], kept: 0 });
    expect(names(trash)).toEqual(expired);
  });

  test('leaves what is damaged or incomplete, and somebody else’s files, where they are', async () => {
    const { kept } = layExpired(0);
    const damaged = layBackup(backups, 80);
    writeFileSync(join(backups, damaged, 'manifest.json'), '{}');
    const incomplete = layBackup(backups, 81);
    await rm(join(backups, incomplete, 'manifest.json'));
    writeFileSync(join(backups, 'notes.txt'), 'mine');
    mkdirSync(join(trash, 'mine'), { recursive: true });
    await call('prune');
    await call('prune');
    expect(names(backups)).toEqual([...kept, damaged, incomplete, 'notes.txt'].sort());
    expect(names(trash)).toEqual(['mine']);
  });

  test('a backup that has lost a file counts for nothing, even where it is the newest proven one', async () => {
    const old = [60, 70, 80, 85, 100].map((days) => layBackup(backups, days, { proven: days === 60 })).sort();
    const broken = layBackup(backups, 1, { proven: true });
    await rm(join(backups, broken, 'restore.sh'));
    const pruned = await call('prune', '--json');
    expect(pruned.code).toBe(0);
    expect(pruned.stdout).toContain('"backup-broken"');
    expect(names(backups)).toEqual([...old.slice(1), broken].sort());
    expect((await call('backups')).stdout).toContain('damaged: files are missing or cut off');
  });

  test('keeps what an upgrade would go back to, and what a restore that was cut off was from', async () => {
    const { expired } = layExpired(3);
    const [first = '', second = '', third = ''] = expired;
    const context = testContext({ projectDir: project });
    const journal = await openJournal(context, '20260101T000000000Z');
    const holder = ownIdentity();
    await journal.add({ type: 'run-started', run: 'r', from: '1', to: '2', package: 'p', holder });
    await journal.add({ type: 'backup-taken', backup: first });
    await journal.add({ type: 'run-finished', outcome: 'succeeded' });
    await journal.close();
    const mark = { backup: second, since: new Date().toISOString() };
    writeFileSync(join(project, '.maj', 'restore-unfinished.json'), JSON.stringify(mark));
    expect(await dataOf('prune', '--plan')).toMatchObject({ trashed: [third] });
    const refused = await call('prune');
    expect(refused.code).toBe(6);
    expect(names(trash)).toEqual([]);
  });

  test('waits for nobody: another run’s lock refuses it', async () => {
    const { expired } = layExpired(1);
    const context = testContext({ projectDir: project });
    const { code } = await withLock(context, 'backup', () => call('prune'));
    expect(code).toBe(5);
    expect(names(backups)).toEqual(expect.arrayContaining(expired));
  });

  test('after an upgrade a failure of it is a warning', async () => {
    const { expired } = layExpired(1);
    writeFileSync(trash, 'in the way');
    const context = testContext({ projectDir: project });
    await pruneAfterSuccess(context);
    expect(context.events).toContainEqual(expect.objectContaining({ type: 'warning', note: 'prune-failed' }));
    expect(names(backups)).toEqual(expect.arrayContaining(expired));
  });
});

test.each([1, 20, 60])(
  'killed after %i of a hundred renames, it leaves each backup whole in one place, and the next prune goes on',
  async (renames) => {
    const { kept, expired } = layExpired(100);
    const { child, ended } = startMaj(project, ['prune']);
    while (names(trash).length < renames && child.exitCode === null)
      await new Promise((resolve) => setImmediate(resolve));
    child.kill('SIGKILL');
    await ended;
    expect([...names(backups), ...names(trash)].sort()).toEqual([...kept, ...expired].sort());
    for (const id of names(trash)) expect(readdirSync(join(trash, id))).toContain('manifest.json');
    await call('prune');
    expect(names(backups)).toEqual(kept);
    await call('prune');
    expect(names(trash)).toEqual([]);
  },
);

test('killed while it empties the trash, it leaves no half backup that could be taken for a whole one', async () => {
  const { kept, expired } = layExpired(100);
  await call('prune');
  const { child, ended } = startMaj(project, ['prune']);
  while (names(trash).length > 70 && child.exitCode === null)
    await new Promise((resolve) => setImmediate(resolve));
  child.kill('SIGKILL');
  await ended;
  for (const id of names(trash)) {
    const files = readdirSync(join(trash, id));
    if (files.includes('manifest.json')) expect(files).toContain('database');
  }
  expect(names(trash).every((id) => expired.includes(id))).toBe(true);
  await call('prune');
  expect(names(trash)).toEqual([]);
  expect(names(backups)).toEqual(kept);
});
