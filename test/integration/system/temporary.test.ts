import { spawnSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  rmdirSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { remove } from '../../../scripts/system/files.ts';
import { processSpace } from '../../../scripts/system/process/identity.ts';
import { makeTemporaryFolder, sweepTemporaryFolders } from '../../../scripts/system/temporary.ts';
import { temporaryFolder } from '../../helpers/context.ts';

describe('what runs leave in the temporary folder', () => {
  const made: string[] = [];
  afterAll(async () => {
    for (const path of made) await remove(path);
  });

  /** A folder of a process that has ended, in some other process space where that is given. */
  function left(purpose: string, space = processSpace()): string {
    const { pid } = spawnSync('true');
    const path = join(tmpdir(), `maj-${pid}-${purpose}-${space}-XXXXXX`);
    mkdirSync(path);
    made.push(path);
    return path;
  }
  const old = (path: string): string => {
    utimesSync(path, 0, 0);
    return path;
  };

  test('an option file of a dead run goes at once, everything else after an hour', async () => {
    const living = old(await makeTemporaryFolder('cnf'));
    made.push(living);
    const [password, server, elsewhere] = [left('cnf'), left('db'), left('cnf', '1')];
    const [oldServer, oldElsewhere] = [old(left('db')), old(left('cnf', '1'))];
    await sweepTemporaryFolders(new Date());
    expect([password, oldServer, oldElsewhere].filter((path) => existsSync(path))).toEqual([]);
    expect([living, server, elsewhere].filter((path) => !existsSync(path))).toEqual([]);
  });

  test('what is not a folder of ours stays, whatever it is called', async () => {
    const elsewhere = temporaryFolder('elsewhere');
    writeFileSync(join(elsewhere, 'kept'), '');
    const link = left('cnf');
    rmdirSync(link);
    symlinkSync(elsewhere, link);
    const ofAnother = left('cnf');
    // Who is not root has no folder of another to try it with: the link stands for both.
    if (process.getuid?.() === 0) chownSync(ofAnother, 1234, 1234);
    await sweepTemporaryFolders(new Date());
    expect(existsSync(join(elsewhere, 'kept'))).toBe(true);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(existsSync(ofAnother)).toBe(process.getuid?.() === 0);
  });
});
