import { chmodSync, chownSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { auditFiles, type FileReport } from '../../../scripts/application/file-permissions.ts';
import type { Config } from '../../../scripts/config/settings.ts';
import { en } from '../../../scripts/messages/en/index.ts';
import { fileLines } from '../../../scripts/messages/en/status.ts';
import { statusVerb } from '../../../scripts/status.ts';
import { capture } from '../../../scripts/system/process/processes.ts';
import { temporaryFolder, testContext } from '../../helpers/context.ts';
import { writeTree } from '../../helpers/packages.ts';
import { verbArguments } from '../../helpers/verbs.ts';

let root: string;
let app: string;

beforeEach(() => {
  root = temporaryFolder('permissions');
  // A temporary folder lets nobody else in.
  chmodSync(root, 0o755);
  app = join(root, 'app');
  writeTree(app, {
    VERSION: '1.0.0\n',
    'index.php': 'x',
    '.env': 'SECRET=1',
    'lib/a.php': 'x',
    'uploads/b.jpg': 'x',
  });
  chmodSync(join(app, '.env'), 0o600);
  chownSync(join(app, '.env'), idOf.nobody, 0);
});

const idOf = {
  nobody: Number((await capture({ env: process.env }, 'id', ['-u', 'nobody'])).stdout),
};

const look = (config: Partial<Config> = {}): Promise<FileReport | undefined> =>
  auditFiles(testContext({ config: { APP_DIR: app, APP_USER: 'nobody', ...config } }));

const none = { count: 0, first: [] };

describe('the permissions of an application', () => {
  it('are as they should be when its user can read everything, and others can write nothing', async () => {
    expect(await look()).toEqual({
      user: 'nobody',
      userBy: 'app-user',
      problems: { unreadable: none, writable: none, exposed: none },
      code: { files: 3, writable: 0 },
      missing: [],
      data: [],
      partly: false,
    });
  });

  it('are told by file: what the web server cannot read, what anybody can write to or should not read', async () => {
    chmodSync(join(app, 'index.php'), 0o640);
    chmodSync(join(app, 'lib'), 0o700);
    chmodSync(join(app, 'uploads'), 0o777);
    chmodSync(join(app, '.env'), 0o644);
    expect((await look())?.problems).toEqual({
      unreadable: { count: 2, first: [join(app, 'index.php'), join(app, 'lib')] },
      writable: { count: 1, first: [join(app, 'uploads')] },
      exposed: { count: 1, first: [join(app, '.env')] },
    });
  });

  it('are looked at though there is a name that is not UTF-8', async () => {
    writeFileSync(Buffer.concat([Buffer.from(`${app}/caf`), Buffer.from([0xe9])]), 'x');
    chmodSync(join(app, 'uploads'), 0o777);
    expect((await look())?.problems.writable).toEqual({ count: 1, first: [join(app, 'uploads')] });
  });

  it('are those of the folders above, too', async () => {
    chmodSync(root, 0o700);
    chmodSync(join(app, 'uploads'), 0o777);
    const unreadable = { count: 1, first: [root] };
    expect((await look())?.problems).toEqual({ unreadable, writable: none, exposed: none });
  });

  it('are looked at in the release that runs and in what is shared, in the releases layout', async () => {
    const site = join(root, 'site');
    writeTree(site, { 'releases/1.0.0/index.php': 'x', 'releases/0.9.0/index.php': 'x', 'shared/.env': 'x' });
    symlinkSync('releases/1.0.0', join(site, 'current'));
    for (const path of ['releases/1.0.0/index.php', 'releases/0.9.0/index.php', 'shared/.env'])
      chmodSync(join(site, path), 0o600);
    const report = await look({ APP_DIR: site, APP_LAYOUT: 'releases' });
    expect(report?.problems.unreadable.first).toEqual([
      join(site, 'releases/1.0.0/index.php'),
      join(site, 'shared/.env'),
    ]);
  });

  it('need a user that there is', async () => {
    await expect(look({ APP_USER: 'nobody-of-this-name' })).rejects.toMatchObject({
      code: 'user-unknown',
      exitCode: 2,
    });
  });
});

describe('what the settings do not tell of the files', () => {
  const later = new Date(Date.now() + 3_600_000);

  it('are paths of APP_PERSIST that are not there, code that the web server may write to, and folders of data', async () => {
    writeTree(app, { 'photos/2024/a.jpg': 'x', 'photos/2025/b.jpg': 'x', 'lib/cache/c': 'x' });
    for (const path of [
      'photos/2024/a.jpg',
      'photos/2025/b.jpg',
      'lib/cache/c',
      'uploads/b.jpg',
      'index.php',
    ])
      utimesSync(join(app, path), later, later);
    chownSync(join(app, 'index.php'), idOf.nobody, 0);
    const report = await look({ APP_PERSIST: ['uploads', 'log', '.env'] });
    expect(report).toMatchObject({
      code: { files: 6, writable: 1 },
      missing: ['log'],
      data: [
        { folder: 'photos', files: 2 },
        { folder: 'lib/cache', files: 1 },
      ],
    });
    const text = report === undefined ? [] : fileLines(report);
    expect(text).toEqual([
      'nobody may write to 1 of 6 files outside APP_PERSIST',
      expect.stringContaining('log, which is not there'),
      expect.stringContaining('photos/ (2 files), lib/cache/ (1 file).'),
    ]);
  });
});

describe('maj status', () => {
  it('names the files, says that the health check is weak, and tells what to do about errors', async () => {
    chmodSync(join(app, 'index.php'), 0o640);
    const context = testContext({
      config: { APP_DIR: app, APP_USER: 'nobody', APP_HEALTH_URL: 'http://127.0.0.1:9/health' },
    });
    const result = await statusVerb.run(context, verbArguments());
    const text = result.text(en).join('\n');
    expect(text).toContain('nobody (APP_USER) cannot read: 1.');
    expect(text).toContain(join(app, 'index.php'));
    expect(text).toMatch(/health {7}weak: .*APP_HEALTH_TEXT/);
    expect(text).toMatch(/^database .*DB_NAME/m);
    expect(text.match(/^next .*Set (?:it|them) in \.env/gm)).toHaveLength(1);
    expect(result.data).toMatchObject({
      health: 'weak',
      remedies: expect.arrayContaining([expect.stringContaining('.env.example')]) as unknown,
    });
  });
});
