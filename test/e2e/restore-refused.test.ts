import { existsSync, readdirSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../helpers/context.ts';
import { servers } from '../helpers/servers.ts';
import { expectVersion, useSites } from '../helpers/site.ts';

describe.each(servers.slice(0, 1))('a restore that cannot be done, on $name,', (server) => {
  const newSite = useSites(server);

  test.each(['--yes', '--plan'])(
    'since it would take our own backups away, is refused before anything is closed: %s',
    async (option) => {
      const site = await newSite();
      await appendFile(join(site.project, '.env'), `BACKUP_DIR=${join(site.appDir, 'var', 'backups')}\n`);
      const taken = await site.maj('backup');
      expect(taken.code, taken.stderr).toBe(0);
      const records = readdirSync(join(site.project, '.maj')).sort();

      const refused = await site.maj('restore', option);
      expect(refused.code, refused.stderr).toBe(3);
      expect(refused.stderr).toContain('Nothing was changed');
      expect(refused.stderr).toContain(site.appDir);
      expect(existsSync(join(site.appDir, 'maintenance.flag'))).toBe(false);
      expect(readdirSync(join(site.project, '.maj')).sort()).toEqual(records);
      await expectVersion(site, '1.0.0');
      // What does not replace the files is not refused.
      const rows = await site.maj('restore', '--database-only', '--yes');
      expect(rows.code, rows.stderr).toBe(0);
    },
  );

  test.each([[], ['--database-only']])(
    'since the dump program is missing, is refused before anything is closed: %s',
    async (...options) => {
      const site = await newSite();
      const taken = await site.maj('backup');
      expect(taken.code, taken.stderr).toBe(0);
      const records = readdirSync(join(site.project, '.maj')).sort();
      await appendFile(join(site.project, '.env'), `CLIENT_BIN_DIR=${temporaryFolder('empty')}\n`);
      const refused = await site.maj('restore', ...options, '--yes');
      expect(refused.code, refused.stderr).toBe(2);
      expect(refused.stderr).toContain('Nothing was changed');
      expect(existsSync(join(site.appDir, 'maintenance.flag'))).toBe(false);
      expect(readdirSync(join(site.project, '.maj')).sort()).toEqual(records);
      await expectVersion(site, '1.0.0');
    },
  );
});
