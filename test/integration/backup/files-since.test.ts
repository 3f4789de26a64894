import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync, linkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { filesSince } from '../../../scripts/backup/files-since.ts';
import { takeBackup } from '../../../scripts/backup/take.ts';
import { listTree } from '../../../scripts/release/changes.ts';
import { keepList } from '../../../scripts/release/installed.ts';
import { temporaryFolder } from '../../helpers/context.ts';
import { writeTree } from '../../helpers/packages.ts';
import { servers, useServer } from '../../helpers/servers.ts';

const [first] = servers;
if (first === undefined) throw new Error('there is no server');
const running = useServer(first);

test.each(['in-place', 'releases'] as const)(
  'what neither the backup nor the new release has is told, %s; what is persistent where that goes, too',
  async (layout) => {
    const app = join(temporaryFolder('since'), 'app');
    const inPlace = layout === 'in-place';
    const [one, two, shared] = inPlace
      ? [app, app, app]
      : [join(app, 'releases', '1'), join(app, 'releases', '2'), join(app, 'shared')];
    writeTree(one, {
      VERSION: '1.0.0\n',
      'index.php': 'old',
      'data/same': 'x',
      'data/edited': 'x',
      'a/b': 'y',
    });
    writeTree(join(shared, 'uploads'), { then: 'x' });
    symlinkSync('index.php', join(one, 'link'));
    linkSync(join(one, 'data', 'same'), join(one, 'data', 'other-name'));
    if (!inPlace) {
      symlinkSync('../../shared/uploads', join(one, 'uploads'));
      symlinkSync('releases/1', join(app, 'current'));
    }
    const context = running().context({
      APP_DIR: app,
      APP_LAYOUT: layout,
      APP_PERSIST: ['uploads'],
      MAINTENANCE_FILE: 'flag',
      DB_NAME: await running().createDatabase(),
      DB_USER: 'root',
    });
    const backup = await takeBackup(context);
    expect(await filesSince(context, backup, 'goes')).toEqual([]);

    if (inPlace) rmSync(join(one, 'a'), { recursive: true });
    else {
      writeTree(two, { 'data/same': 'x', 'data/other-name': 'x', 'data/edited': 'x' });
      symlinkSync('index.php', join(two, 'link'));
      symlinkSync('../../shared/uploads', join(two, 'uploads'));
      symlinkSync('releases/2', join(app, 'current.new'));
      renameSync(join(app, 'current.new'), join(app, 'current'));
    }
    writeTree(two, { VERSION: '2.0.0\n', 'index.php': 'new', 'lib/new.php': 'new' });
    const entries = (await listTree(context, two, ['data', 'uploads', 'link'])).filter(
      ({ path }) => path !== 'data',
    );
    await keepList(context, { format: 1, version: '2.0.0', sha256: '', complete: true, made: [], entries });
    writeTree(two, { 'data/edited': 'z', 'data/added': 'x', 'lib/new.php': 'edited', flag: 'on' });
    writeFileSync(join(shared, 'uploads', 'since'), 'x');
    mkdirSync(join(two, 'empty'));

    const below = inPlace ? '' : 'releases/2/';
    const lost = ['data/added', 'data/edited', 'lib/new.php'].map((path) => `${below}${path}`);
    expect(await filesSince(context, backup, 'stays')).toEqual(lost);
    expect(await filesSince(context, backup, 'goes')).toEqual([
      ...lost,
      `${inPlace ? '' : 'shared/'}uploads/since`,
    ]);
  },
);
