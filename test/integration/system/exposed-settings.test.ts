import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
