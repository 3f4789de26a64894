import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { listBackups } from '../../../scripts/backup/list.ts';
import { takeBackup } from '../../../scripts/backup/take.ts';
import { verifyBackup } from '../../../scripts/backup/verify.ts';
import { withLock } from '../../../scripts/upgrade/lock.ts';
import { temporaryFolder, testContext, type TestContext } from '../../helpers/context.ts';
import { servers, useServer } from '../../helpers/servers.ts';

describe.each(servers.slice(0, 1))('git takes nothing of ours', (server) => {
  const running = useServer(server);

  /** A repository in which nothing is said of maj, and a backup in it. */
  const repository = async (
    folder: string,
    before: (project: string) => Promise<void> = () => Promise.resolve(),
  ): Promise<{ context: TestContext; git: (...words: string[]) => string }> => {
    const project = temporaryFolder('repository');
    const git = (...words: string[]): string =>
      execFileSync('git', ['-C', project, ...words], { encoding: 'utf8' });
    git('init', '--quiet');
    await before(project);
    const DB_NAME = await running().createDatabase();
    const { config } = running().context({ DB_NAME, BACKUP_DIR: folder });
    const context = testContext({ projectDir: project, config });
    await withLock(context, 'backup', () => takeBackup(context));
    return { context, git };
  };

  test.each(['.maj/backups', 'kept/backups', '.'])('with backups in %s', async (folder) => {
    const { context, git } = await repository(folder);
    writeFileSync(join(context.projectDir, 'mine'), 'x');
    git('add', '--all');
    expect(git('diff', '--cached', '--name-only')).toBe('mine\n');
    git('clean', '-fd', '--quiet');
    const [backup] = await listBackups(context);
    expect(backup).toBeDefined();
    if (backup !== undefined) await verifyBackup(context, backup);
  });

  test('a .gitignore that is there already stays as it is', async () => {
    const { context } = await repository('kept', async (project) => {
      await mkdir(join(project, 'kept'));
      writeFileSync(join(project, 'kept', '.gitignore'), 'mine\n');
    });
    expect(readFileSync(join(context.projectDir, 'kept', '.gitignore'), 'utf8')).toBe('mine\n');
  });
});
