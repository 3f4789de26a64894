import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadSettings } from '../../../scripts/config/load.ts';
import { maj } from '../../helpers/cli.ts';
import { temporaryFolder } from '../../helpers/context.ts';

describe('a .env that others can read', () => {
  const project = (text: string, mode: number): string => {
    const folder = temporaryFolder('project');
    writeFileSync(join(folder, '.env'), text);
    chmodSync(join(folder, '.env'), mode);
    return folder;
  };

  test.each([
    ['DB_PASSWORD=x', 0o644, true],
    ['DB_PASSWORD=x', 0o640, true],
    ['DB_PASSWORD=x', 0o620, true],
    ['DATABASE_URL=mysql://a:b@c/d', 0o604, true],
    ['DB_PASSWORD=x', 0o600, false],
    ['DB_PASSWORD=', 0o644, false],
    ['DB_NAME=x', 0o644, false],
  ])('%s, mode %o: %s', (text, mode, warned) => {
    const folder = project(text, mode);
    expect(loadSettings(folder, {}, {}).exposed).toBe(warned ? join(folder, '.env') : undefined);
  });

  test('is a warning with the command that helps, and the work goes on', async () => {
    const folder = project('DB_PASSWORD=x', 0o644);
    const run = await maj(folder, ['maintenance', 'status'], { env: { MAJ_LANG: 'en' } });
    expect(run.stderr).toContain(`chmod 600 ${join(folder, '.env')}`);
    expect(run.code).toBe(0);
    expect((await maj(folder, ['--version'])).stderr).toBe('');
  });
});

describe('settings that another user may have written', () => {
  const isRoot = process.getuid?.() === 0;
  const status = (folder: string, env: Record<string, string> = {}): ReturnType<typeof maj> =>
    maj(folder, ['maintenance', 'status'], { env: { MAJ_LANG: 'en', ...env } });
  type Spoil = readonly [name: string, spoil: (folder: string) => void];
  const ofAnother: readonly Spoil[] = [
    ['a folder of another user', (folder) => chownSync(folder, 1234, 1234)],
    ['a .env of another user', (folder) => chownSync(join(folder, '.env'), 1234, 1234)],
    [
      'a folder that others may write to by their group',
      (folder) => {
        chownSync(folder, 0, 1234);
        chmodSync(folder, 0o770);
      },
    ],
    ['a folder below one of another user', (folder) => chownSync(dirname(folder), 1234, 1234)],
  ];
  const spoils: readonly Spoil[] = [
    ['a folder that everybody may write to', (folder) => chmodSync(folder, 0o777)],
    ['a .env that everybody may write to', (folder) => chmodSync(join(folder, '.env'), 0o666)],
    // Who is not root cannot give anything away.
    ...(isRoot ? ofAnother : []),
  ];

  test.each(spoils)('are refused: %s', async (_, spoil) => {
    const folder = join(temporaryFolder('project'), 'below');
    mkdirSync(folder);
    writeFileSync(join(folder, '.env'), 'DB_NAME=x\n', { mode: 0o600 });
    expect((await status(folder)).code).toBe(0);
    spoil(folder);
    const refused = await status(folder);
    expect(refused.stderr).toMatch(
      /belongs to another user \(1234\)|every user of this machine may write|its group may write/,
    );
    expect(refused.stderr).toMatch(/chown|chmod [og]-w/);
    expect(refused.code).toBe(2);
    expect((await status(folder, { MAJ_TRUSTED_PROJECT: folder })).code).toBe(0);
    // The user who called sudo may do all that its root may.
    if (isRoot && refused.stderr.includes('1234'))
      expect((await status(folder, { SUDO_UID: '1234' })).code).toBe(0);
  });
});
