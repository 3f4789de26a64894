import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { archiveAhead, type FilesAhead } from '../../../scripts/backup/files/files-ahead.ts';
import { listBackups, type Backup } from '../../../scripts/backup/list.ts';
import { takeBackup } from '../../../scripts/backup/take.ts';
import { verifyBackup } from '../../../scripts/backup/verify.ts';
import { restoreFiles } from '../../../scripts/restore/restore-files.ts';
import { attributePicture, makeAttributed } from '../../helpers/attributes.ts';
import { temporaryFolder, type TestContext } from '../../helpers/context.ts';
import { forRoot, isRoot } from '../../helpers/root.ts';
import { servers, useServer } from '../../helpers/servers.ts';
import { treePicture } from '../../helpers/tree-picture.ts';

/** Something that happens to a folder while its files are archived, or until the window. */
interface Change {
  /** What is in the folder when its files are archived. */
  readonly before?: (folder: string) => void;
  readonly after: (folder: string) => void;
}

const file = (folder: string): string => join(folder, 'file');
const below = (folder: string): string => join(folder, 'below', 'deep', 'file');
const makeFile = (folder: string): void => writeFileSync(file(folder), 'content');
const makeBelow = (folder: string): void => {
  mkdirSync(dirname(below(folder)), { recursive: true });
  writeFileSync(below(folder), 'content');
};
const makeNames = (folder: string): void => {
  makeFile(folder);
  linkSync(file(folder), join(folder, 'other name'));
};
const replaceFile = (folder: string): void => {
  writeFileSync(join(folder, 'new'), 'replace');
  renameSync(join(folder, 'new'), file(folder));
};
const run = (program: string, ...args: readonly string[]): void => void execFileSync(program, args);

const changes: Readonly<Record<string, Change>> = {
  'appended to': { before: makeFile, after: (folder) => appendFileSync(file(folder), ' and more') },
  'written to, as many bytes': {
    before: makeFile,
    after: (folder) => writeFileSync(file(folder), 'CONTENT'),
  },
  'written to, with its times set back': {
    before: makeFile,
    after: (folder) => {
      const { atime, mtime } = lstatSync(file(folder));
      writeFileSync(file(folder), 'CONTENT');
      utimesSync(file(folder), atime, mtime);
    },
  },
  'made shorter': { before: makeFile, after: (folder) => truncateSync(file(folder), 3) },
  'replaced by a rename': { before: makeFile, after: replaceFile },
  'made anew': { after: makeFile },
  removed: { before: makeFile, after: (folder) => rmSync(file(folder)) },
  renamed: {
    before: makeFile,
    after: (folder) => renameSync(file(folder), join(folder, ' odd\nname é\\ "')),
  },
  'of another mode': { before: makeFile, after: (folder) => chmodSync(file(folder), 0o640) },
  'of other times': { before: makeFile, after: (folder) => utimesSync(file(folder), 1e9, 1e9) },
  'of other attributes': {
    before: makeFile,
    after: (folder) => {
      run('setfattr', '-n', 'user.mime', '-v', 'text/plain', file(folder));
      run('setfacl', '-m', 'u:33:rw', file(folder));
    },
  },
  'without its attributes': {
    before: (folder) => {
      makeFile(folder);
      run('setfattr', '-n', 'user.mime', '-v', 'text/plain', file(folder));
    },
    after: (folder) => run('setfattr', '-x', 'user.mime', file(folder)),
  },
  'all kinds of attributes, made anew': { after: (folder) => makeAttributed(join(folder, 'all')) },
  'in a folder whose list of access is inherited': {
    before: (folder) => {
      makeFile(folder);
      run('setfacl', '-m', 'd:u:33:rwx', folder);
    },
    after: (folder) => writeFileSync(file(folder), 'CONTENT'),
  },
  'a folder of another mode': {
    before: makeBelow,
    after: (folder) => chmodSync(join(folder, 'below'), 0o711),
  },
  'a folder that is made': { after: makeBelow },
  'a folder that is removed': {
    before: makeBelow,
    after: (folder) => rmSync(join(folder, 'below'), { recursive: true }),
  },
  'a folder that is renamed': {
    before: makeBelow,
    after: (folder) => renameSync(join(folder, 'below'), join(folder, 'elsewhere')),
  },
  'a file into a folder': {
    before: (folder) => writeFileSync(join(folder, 'below'), 'content'),
    after: (folder) => {
      rmSync(join(folder, 'below'));
      makeBelow(folder);
    },
  },
  'a folder into a file': {
    before: makeBelow,
    after: (folder) => {
      rmSync(join(folder, 'below'), { recursive: true });
      writeFileSync(join(folder, 'below'), 'content');
    },
  },
  'a folder into a link': {
    before: makeBelow,
    after: (folder) => {
      rmSync(join(folder, 'below'), { recursive: true });
      symlinkSync('/nowhere', join(folder, 'below'));
    },
  },
  'a link to a folder into that folder': {
    before: (folder) => {
      mkdirSync(join(folder, 'real', 'deep'), { recursive: true });
      writeFileSync(join(folder, 'real', 'deep', 'file'), 'behind the link');
      symlinkSync('real', join(folder, 'below'));
    },
    after: (folder) => {
      rmSync(join(folder, 'below'));
      makeBelow(folder);
    },
  },
  'a link that leads elsewhere': {
    before: (folder) => symlinkSync('one', file(folder)),
    after: (folder) => {
      rmSync(file(folder));
      symlinkSync('two', file(folder));
    },
  },
  'a file with two names, in place': {
    before: makeNames,
    after: (folder) => appendFileSync(file(folder), '!'),
  },
  'the first of two names, replaced': { before: makeNames, after: replaceFile },
  'the first of two names, removed': { before: makeNames, after: (folder) => rmSync(file(folder)) },
  'the second of two names, removed': {
    before: makeNames,
    after: (folder) => rmSync(join(folder, 'other name')),
  },
  'a third name, before the others': {
    before: makeNames,
    after: (folder) => linkSync(file(folder), join(folder, 'a name')),
  },
  'in a folder that is closed to its owner': {
    before: (folder) => {
      makeBelow(folder);
      makeFile(folder);
      chmodSync(join(folder, 'below', 'deep'), 0o500);
      chmodSync(folder, 0o500);
    },
    after: (folder) => {
      appendFileSync(below(folder), '!');
      chmodSync(folder, 0o700);
      rmSync(file(folder));
      writeFileSync(join(folder, 'new'), 'x');
      chmodSync(folder, 0o500);
    },
  },
  'a folder with closed ones in it, removed': {
    before: (folder) => {
      makeBelow(folder);
      chmodSync(join(folder, 'below', 'deep'), 0o500);
    },
    after: (folder) => {
      chmodSync(join(folder, 'below', 'deep'), 0o700);
      rmSync(join(folder, 'below'), { recursive: true });
    },
  },
};

/** An application with a folder for each of these, and one that nobody touches. */
function createApp(named: Readonly<Record<string, Change>>): string {
  const app = join(temporaryFolder('app'), 'app');
  mkdirSync(join(app, 'untouched', 'below'), { recursive: true });
  makeAttributed(join(app, 'untouched', 'attributes'));
  writeFileSync(join(app, 'untouched', 'large'), 'x'.repeat(3_000_000));
  makeNames(join(app, 'untouched', 'below'));
  for (const [name, { before }] of Object.entries(named)) {
    mkdirSync(join(app, name));
    before?.(join(app, name));
  }
  return app;
}

function change(app: string, named: Readonly<Record<string, Change>>): void {
  for (const [name, { after }] of Object.entries(named)) after(join(app, name));
}

const picture = (root: string): unknown => [treePicture(root), attributePicture(root)];

/** Longer than the coarsest tick of a file system: what was made before is known by its times afterwards. */
const settled = (): Promise<void> => sleep(2100);

/** The paths in an archive of a backup, as GNU tar lists them. */
const pathsIn = ({ folder }: Backup, name: string): string[] =>
  execFileSync('tar', ['-t', '--quoting-style=literal', '-f', join(folder, name)], { encoding: 'utf8' })
    .split('\n')
    .filter((path) => path !== '');

const lateArchive = 'files-late.tar.zst';

/** Ways back; each says where the tree is then. */
const ways: Readonly<Record<string, (context: TestContext, backup: Backup) => Promise<string>>> = {
  maj: async (context, backup) => {
    await restoreFiles(context, backup, () => undefined);
    return context.config.APP_DIR ?? '';
  },
  // Attributes of a file that its owner may not write to are for root alone.
  ...(isRoot ? { 'restore.sh, with plain tar': (_, backup) => Promise.resolve(byHand(backup)) } : {}),
};

function byHand({ folder }: Backup): string {
  const into = join(temporaryFolder('by-hand'), 'app');
  execFileSync(join(folder, 'restore.sh'), ['files', into], { stdio: 'pipe' });
  return into;
}

// Files need no flavour: one server is enough.
describe.each(servers.slice(0, 1))('files that were archived ahead, on $name', (server) => {
  const running = useServer(server);
  const contextFor = async (app: string): Promise<TestContext> =>
    running().context({ DB_NAME: await running().createDatabase(), APP_DIR: app });

  async function taken(
    context: TestContext,
    between: (ahead: FilesAhead) => void,
  ): Promise<{ readonly backup: Backup; readonly ahead: FilesAhead }> {
    const ahead = await archiveAhead(context);
    between(ahead);
    const backup = await takeBackup(context, { ahead });
    await ahead.discard();
    return { backup, ahead };
  }

  test.each(Object.entries(ways))('and have changed since come back as they are, by %s', async (_, back) => {
    const app = createApp(changes);
    const context = await contextFor(app);
    await settled();
    const { backup, ahead } = await taken(context, () => change(app, changes));
    expect(existsSync(ahead.folder)).toBe(false);
    expect((await listBackups(context)).map(({ id }) => id)).toEqual([backup.id]);
    const { files } = await verifyBackup(context, backup);
    expect(files).toBe(readdirSync(app, { recursive: true }).length + 1);
    const before = picture(app);
    expect(pathsIn(backup, lateArchive).filter((path) => path.startsWith('untouched'))).toEqual([]);
    expect(picture(await back(context, backup))).toEqual(before);
  });

  forRoot(() => {
    test('come back by restore.sh for who is not root, closed folders, too', async () => {
      const closed = Object.fromEntries(
        Object.entries(changes).filter(([name]) => !name.includes('ttribute')),
      );
      const app = createApp(closed);
      rmSync(join(app, 'untouched', 'attributes'), { recursive: true });
      const context = await contextFor(app);
      await settled();
      const { backup } = await taken(context, () => change(app, closed));
      const place = temporaryFolder('by-hand');
      chmodSync(place, 0o755);
      execFileSync('cp', ['-r', backup.folder, join(place, 'backup')]);
      mkdirSync(join(place, 'app'));
      execFileSync('chown', ['-R', '65534:65534', place]);
      const user = ['--reuid=65534', '--regid=65534', '--clear-groups'];
      execFileSync('setpriv', [...user, join(place, 'backup', 'restore.sh'), 'files', join(place, 'app')]);
      // The tree is his, and nothing else of it is another one.
      execFileSync('chown', ['-R', '-h', '65534:65534', app]);
      expect(treePicture(join(place, 'app'))).toEqual(treePicture(app));
    });
  });

  test('and written to right before and after are archived again, whatever their times say', async () => {
    const app = createApp({});
    const context = await contextFor(app);
    await settled();
    writeFileSync(join(app, 'fresh'), 'one');
    const { backup } = await taken(context, () => writeFileSync(join(app, 'fresh'), 'two'));
    await verifyBackup(context, backup);
    expect(pathsIn(backup, lateArchive)).toEqual(['./', 'fresh']);
    expect(readFileSync(join(byHand(backup), 'fresh'), 'utf8')).toBe('two');
  });

  test('and have not changed are not read again: the backup is like any other', async () => {
    const app = createApp({});
    const context = await contextFor(app);
    await settled();
    const { backup } = await taken(context, () => undefined);
    const plain = await takeBackup(context);
    await verifyBackup(context, backup);
    expect(readdirSync(backup.folder).sort()).toEqual(readdirSync(plain.folder).sort());
    expect(backup.manifest.files).toEqual(plain.manifest.files);
    const same = ['files.list', 'files.tar.zst'];
    for (const name of same)
      expect(lstatSync(join(plain.folder, name)).ino).toBe(lstatSync(join(backup.folder, name)).ino);
  });

  test('and are left out by now are in no list', async () => {
    const app = createApp({ uploads: { before: makeFile, after: makeFile } });
    const context = await contextFor(app);
    writeFileSync(join(app, 'down.flag'), '');
    const flagged = { ...context, config: { ...context.config, MAINTENANCE_FILE: 'down.flag' } };
    const ahead = await archiveAhead(context);
    const backup = await takeBackup(flagged, { ahead });
    await ahead.discard();
    await verifyBackup(context, backup);
    expect(readFileSync(join(backup.folder, 'files.list'), 'utf8')).not.toContain('down.flag');
    expect(readdirSync(byHand(backup)).sort()).toEqual(['untouched', 'uploads']);
  });

  test('are nothing that another backup removes or counts, and nothing stays of them', async () => {
    const app = createApp({});
    const context = await contextFor(app);
    const ahead = await archiveAhead(context);
    const other = await takeBackup(context);
    expect(existsSync(ahead.folder)).toBe(true);
    expect((await listBackups(context)).map(({ id }) => id)).toEqual([other.id]);
    const backup = await takeBackup(context, { ahead });
    await verifyBackup(context, backup);
    await ahead.discard();
    expect(readdirSync(dirname(ahead.folder)).filter((name) => name.endsWith('.partial'))).toEqual([]);
  });

  test.each([
    [lateArchive, 'damaged'],
    ['files-late.cleared', 'damaged'],
    ['files.tar.zst', 'damaged'],
    ['files-late.cleared', 'gone'],
    [lateArchive, 'gone'],
  ])('make an unsound backup where %s is %s', async (name, how) => {
    const app = createApp({});
    const context = await contextFor(app);
    const { backup } = await taken(context, () => writeFileSync(join(app, 'new'), 'x'));
    const path = join(backup.folder, name);
    const data = readFileSync(path);
    if (how === 'gone') rmSync(path);
    else writeFileSync(path, data.fill(1, data.length - 1));
    await expect(verifyBackup(context, backup)).rejects.toMatchObject({ code: 'backup-unsound' });
  });
});
