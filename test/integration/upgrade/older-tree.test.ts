import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { applyMoves } from '../../../scripts/release/switch.ts';
import { planOlderTree } from '../../../scripts/upgrade/go-back/older-tree.ts';
import { temporaryFolder, testContext, type TestContext } from '../../helpers/context.ts';

const flag = 'storage/framework/down';

function write(path: string, content = 'x'): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

function contextOf(appDir: string, layout: 'in-place' | 'releases'): TestContext {
  return testContext({
    config: {
      APP_DIR: appDir,
      APP_LAYOUT: layout,
      APP_PERSIST: ['.env', 'storage'],
      MAINTENANCE_FILE: flag,
    },
  });
}

const arriving = (folder: string): Parameters<typeof planOlderTree>[1] => ({
  folder,
  runId: '20261122T120000000Z',
  version: '1.0.0',
  releaseName: '1.0.0',
  previousVersion: '1.1.0',
  list: join(folder, '..', 'list.json'),
  package: 'p',
  sha256: '0'.repeat(64),
});

test('of releases that link to what they share, the flag that lies in it stays set', async () => {
  const appDir = join(temporaryFolder('site'), 'app');
  for (const release of ['1.0.0', '1.1.0']) {
    write(join(appDir, 'releases', release, 'VERSION'), `${release}\n`);
    symlinkSync('../../shared/storage', join(appDir, 'releases', release, 'storage'));
  }
  mkdirSync(join(appDir, '.maj'));
  write(join(appDir, 'shared', flag), 'closed');
  symlinkSync('releases/1.1.0', join(appDir, 'current'));
  const plan = await planOlderTree(
    contextOf(appDir, 'releases'),
    arriving(join(appDir, 'releases', '1.0.0')),
  );
  expect(readFileSync(join(appDir, 'shared', flag), 'utf8')).toBe('closed');
  await applyMoves(plan);
  expect(readFileSync(join(appDir, 'current', 'VERSION'), 'utf8')).toBe('1.0.0\n');
  expect(existsSync(join(appDir, 'current', flag))).toBe(true);
});

test('in place it moves over with what it lies in, and so does all that is persistent, into folders that were not there', async () => {
  const appDir = join(temporaryFolder('site'), 'app');
  const older = join(dirname(appDir), '.app.maj', '1.0.0-20261122T110000Z');
  write(join(older, 'VERSION'), '1.0.0\n');
  write(join(appDir, 'VERSION'), '1.1.0\n');
  write(join(appDir, '.env'), 'SECRET=1\n');
  write(join(appDir, flag), 'closed');
  write(join(appDir, 'data', 'files', 'a.txt'), 'a');
  const context = contextOf(appDir, 'in-place');
  const plan = await planOlderTree(
    { ...context, config: { ...context.config, APP_PERSIST: ['.env', 'storage', 'data/files'] } },
    arriving(older),
  );
  expect(existsSync(join(older, 'storage'))).toBe(false);
  await applyMoves(plan);
  const there = ['VERSION', '.env', flag, 'data/files/a.txt'].map((path) =>
    readFileSync(join(appDir, path), 'utf8'),
  );
  expect(there).toEqual(['1.0.0\n', 'SECRET=1\n', 'closed', 'a']);
});
