import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Backup } from '../../../scripts/backup/list.ts';
import { takeBackup } from '../../../scripts/backup/take.ts';
import { verifyBackup } from '../../../scripts/backup/verify.ts';
import { restoreFiles } from '../../../scripts/restore/restore-files.ts';
import { attributePicture, makeAttributed } from '../../helpers/attributes.ts';
import { temporaryFolder, type TestContext } from '../../helpers/context.ts';
import { isRoot } from '../../helpers/root.ts';
import { servers, useServer } from '../../helpers/servers.ts';

/** Ways back; each says where the tree is then. */
const ways: Readonly<Record<string, (context: TestContext, backup: Backup) => Promise<string>>> = {
  maj: async (context, backup) => {
    await restoreFiles(context, backup, () => undefined);
    return context.config.APP_DIR ?? '';
  },
  // GNU tar gives attributes last: to a file that its owner may not write to only root's can.
  ...(isRoot ? { 'restore.sh, with plain tar': byHand } : {}),
};

function byHand(_: TestContext, { folder }: Backup): Promise<string> {
  const into = join(temporaryFolder('by-hand'), 'app');
  execFileSync(join(folder, 'restore.sh'), ['files', into], { stdio: 'pipe' });
  return Promise.resolve(into);
}

const said = (context: TestContext): readonly string[] =>
  context.events.flatMap((event) => ('note' in event ? [event.note] : []));

// Files need no flavour: one server is enough.
describe.each(servers.slice(0, 1))('on $name', (server) => {
  const running = useServer(server);
  const contextFor = async (app: string): Promise<TestContext> =>
    running().context({ DB_NAME: await running().createDatabase(), APP_DIR: app });

  test.each(Object.entries(ways))(
    'lists of access, attributes, names of one file and holes come back by %s',
    async (_, restore) => {
      const app = join(temporaryFolder('app'), 'app');
      makeAttributed(app);
      const before = attributePicture(app);
      const context = await contextFor(app);
      const backup = await takeBackup(context);
      await verifyBackup(context, backup);
      rmSync(app, { recursive: true });
      mkdirSync(app);
      expect(attributePicture(await restore(context, backup))).toEqual(before);
      expect(said(context)).not.toContain('attributes-not-set');
    },
  );

  test('what is restored inherits nothing of the folder beside which it is', async () => {
    const root = temporaryFolder('app');
    const app = join(root, 'app');
    mkdirSync(join(app, 'folder'), { recursive: true });
    writeFileSync(join(app, 'folder', 'file'), 'x');
    const before = attributePicture(app);
    execFileSync('setfacl', ['-m', 'd:u:33:rwx', root]);
    const context = await contextFor(app);
    const backup = await takeBackup(context);
    await restoreFiles(context, backup, () => undefined);
    expect(attributePicture(app)).toEqual(before);
  });

  test('without the programs for them, what is not kept is told with names', async () => {
    const app = join(temporaryFolder('app'), 'app');
    mkdirSync(app);
    writeFileSync(join(app, 'listed'), 'x');
    writeFileSync(join(app, 'plain'), 'x');
    execFileSync('setfacl', ['-m', 'u:33:rw', join(app, 'listed')]);
    const context = await contextFor(app);
    const blind = { ...context, env: { ...context.env, PATH: pathWithout(['getfattr', 'setfattr']) } };
    const whole = await takeBackup(context);
    await takeBackup(blind);
    const warnings = (name: string): unknown[] =>
      context.events.flatMap((event) =>
        event.type === 'warning' && event.note === name ? [event.facts] : [],
      );
    expect(warnings('attributes-not-read')).toEqual([{ paths: ['listed'], count: 1, why: null }]);
    await restoreFiles(blind, whole, () => undefined);
    const names = ['system.posix_acl_access'];
    expect(warnings('attributes-not-set')).toEqual([
      { things: [{ path: 'listed', names }], count: 1, why: null },
    ]);
    // The tree has none now: then it is a note.
    await takeBackup(blind);
    expect(warnings('attributes-not-read')).toHaveLength(1);
    expect(said(context)).toContain('attributes-not-looked-at');
  });
});

/** A PATH on which there is all but these programs. */
function pathWithout(names: readonly string[]): string {
  const folder = temporaryFolder('path');
  for (const from of ['/bin', '/usr/bin'])
    for (const name of readdirSync(from)) {
      if (names.includes(name)) continue;
      rmSync(join(folder, name), { force: true });
      symlinkSync(join(from, name), join(folder, name));
    }
  return folder;
}
