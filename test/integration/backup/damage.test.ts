import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { findBackup } from '../../../scripts/backup/find.ts';
import type { Backup } from '../../../scripts/backup/list.ts';
import { takeBackup } from '../../../scripts/backup/take.ts';
import { verifyBackup } from '../../../scripts/backup/verify.ts';
import { describeError } from '../../../scripts/messages/catalogue.ts';
import { en } from '../../../scripts/messages/en/index.ts';
import { proveBackup } from '../../../scripts/restore/prove.ts';
import { withThrowaway } from '../../../scripts/server/throwaway.ts';
import { temporaryFolder, type TestContext } from '../../helpers/context.ts';
import { failureOf } from '../../helpers/failure.ts';
import { servers, useServer } from '../../helpers/servers.ts';
import { createEverything } from './everything.ts';

/** What is done to a file, and what the error must say of it. */
interface Damage {
  readonly title: string;
  readonly file: (backup: Backup) => string;
  readonly harm: (path: string, backup: Backup) => void;
  readonly says: (file: string) => string;
}

const partOf = (section: string) => (backup: Backup) =>
  `database/${backup.manifest.parts.find((part) => part.object === 'users' && part.section === section)?.name ?? ''}`;
const rows = partOf('rows');
const archive = (backup: Backup): string => backup.manifest.files?.archive.name ?? '';

/** Turns over one bit in the middle of a file. */
const flipBit = (path: string): void => {
  const content = readFileSync(path);
  const middle = Math.floor(content.length / 2);
  content[middle] = (content[middle] ?? 0) ^ 0b100;
  writeFileSync(path, content);
};
const cutOff = (path: string): void => truncateSync(path, Math.floor(readFileSync(path).length / 2));

const damages: readonly Damage[] = [
  { title: 'a bit of rows', file: rows, harm: flipBit, says: (file) => `${file} is damaged` },
  {
    title: 'a bit of a structure',
    file: partOf('structure'),
    harm: flipBit,
    says: (file) => `${file} is damaged`,
  },
  {
    title: 'a bit of the triggers',
    file: partOf('after'),
    harm: flipBit,
    says: (file) => `${file} is damaged`,
  },
  { title: 'a bit of the files archive', file: archive, harm: flipBit, says: (file) => `${file} is damaged` },
  {
    title: 'a bit of the list of files',
    file: () => 'files.list',
    harm: flipBit,
    says: (file) => `${file} is damaged`,
  },
  {
    title: 'a bit of restore.sh',
    file: () => 'restore.sh',
    harm: flipBit,
    says: (file) => `${file} is damaged`,
  },
  { title: 'rows that are cut off', file: rows, harm: cutOff, says: (file) => `${file} is cut off` },
  { title: 'an archive that is cut off', file: archive, harm: cutOff, says: (file) => `${file} is cut off` },
  {
    title: 'an empty part',
    file: rows,
    harm: (path) => truncateSync(path, 0),
    says: (file) => `${file} is cut off`,
  },
  {
    title: 'bytes after the end',
    file: rows,
    harm: (path) => appendFileSync(path, 'x'),
    says: (file) => `${file} is damaged`,
  },
  {
    title: 'a part that is gone',
    file: rows,
    harm: (path) => rmSync(path),
    says: (file) => `${file} is missing`,
  },
  {
    title: 'an archive that is gone',
    file: archive,
    harm: (path) => rmSync(path),
    says: (file) => `${file} is missing`,
  },
  {
    title: 'a part too many',
    file: () => 'database/0099-more.1-table.sql.zst',
    harm: (path, backup) => copyFileSync(join(backup.folder, rows(backup)), path),
    says: (file) => `${file} does not belong to the backup`,
  },
  {
    title: 'a file too many',
    file: () => 'notes.txt',
    harm: (path) => writeFileSync(path, ''),
    says: (file) => `${file} does not belong to the backup`,
  },
  {
    title: 'one part in the place of another',
    file: rows,
    harm: (path, backup) => copyFileSync(join(backup.folder, partOf('structure')(backup)), path),
    says: (file) => `${file} is`,
  },
];

describe.each(servers)('on $name', (server) => {
  const running = useServer(server);
  let context: TestContext;
  let database: string;

  beforeAll(async () => {
    database = await createEverything(running(), server.flavour);
    const appDir = temporaryFolder('app');
    mkdirSync(join(appDir, 'src'));
    writeFileSync(join(appDir, 'src', 'index.php'), '<?php echo 1;'.repeat(1000));
    symlinkSync('src/index.php', join(appDir, 'link'));
    context = running().context({ DB_NAME: database, APP_DIR: appDir });
  });

  test.each(damages)('verify names $title', async ({ file, harm, says }) => {
    const backup = await takeBackup(context);
    await verifyBackup(context, backup);
    const name = file(backup);
    harm(join(backup.folder, name), backup);
    const error = await failureOf(verifyBackup(context, backup));
    expect(error).toMatchObject({ code: 'backup-unsound', exitCode: 4 });
    expect(describeError(error, en).message).toContain(says(name));
  });

  test('two parts that were exchanged are both named', async () => {
    const backup = await takeBackup(context);
    const names = [rows(backup), partOf('structure')(backup)];
    const [one = '', other = ''] = names.map((name) => join(backup.folder, name));
    const [first, second] = [readFileSync(one), readFileSync(other)];
    // Not through the links that other backups share.
    for (const path of [one, other]) rmSync(path);
    writeFileSync(one, second);
    writeFileSync(other, first);
    const error = await failureOf(verifyBackup(context, backup));
    for (const name of names) expect(describeError(error, en).message).toContain(name);
  });

  test('a bit that is turned over anywhere, in any file, is found, and the file is named', async () => {
    const backup = await takeBackup(context);
    await withThrowaway(context, server.programs, (throwaway) => proveBackup(context, backup, throwaway));
    const files = readdirSync(backup.folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(backup.folder, join(entry.parentPath, entry.name)));
    expect(files).toEqual(
      expect.arrayContaining(['manifest.json', 'files.list', 'restore.sh', 'proof.json']),
    );
    const random = generator(20_261_122);
    for (const name of files) {
      const path = join(backup.folder, name);
      const whole = readFileSync(path);
      const harmed = Buffer.from(whole);
      const position = Math.floor(random() * whole.length);
      harmed[position] = (harmed[position] ?? 0) ^ (1 << Math.floor(random() * 8));
      rmSync(path);
      writeFileSync(path, harmed);
      const error = await failureOf(
        findBackup(context, backup.id).then((found) => verifyBackup(context, found)),
      );
      expect(['backup-unsound', 'manifest-invalid']).toContain(error.code);
      expect(describeError(error, en).message, `byte ${position} of ${name}`).toContain(name);
      writeFileSync(path, whole);
    }
    await verifyBackup(context, backup);
  });

  test('a manifest with one changed character is no manifest', async () => {
    const backup = await takeBackup(context);
    const path = join(backup.folder, 'manifest.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"count": ', '"count": 1'));
    expect(await failureOf(findBackup(context, backup.id))).toMatchObject({
      code: 'manifest-invalid',
      exitCode: 4,
    });
    expect(await failureOf(verifyBackup(context, backup))).toMatchObject({ code: 'backup-unsound' });
  });

  test('a folder without a manifest is no backup', async () => {
    const backup = await takeBackup(context);
    renameSync(join(backup.folder, 'manifest.json'), join(backup.folder, 'moved'));
    expect(await failureOf(findBackup(context, backup.id))).toMatchObject({
      code: 'backup-not-found',
      exitCode: 3,
    });
  });
});

/** Numbers from 0 to 1 that are the same in every run: a linear congruential generator (Numerical Recipes). */
function generator(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}
