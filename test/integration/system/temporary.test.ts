import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { remove } from '../../../scripts/system/files.ts';
import { processSpace } from '../../../scripts/system/identity.ts';
import { makeTemporaryFolder, sweepTemporaryFolders } from '../../../scripts/system/temporary.ts';

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
});
