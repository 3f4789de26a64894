import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { runsAsRoot } from '../../scripts/system/process/identity.ts';
import { startMaj } from '../helpers/cli.ts';
import { temporaryFolder } from '../helpers/context.ts';
import { processesBelow } from '../helpers/processes.ts';
import { servers } from '../helpers/servers.ts';
import { expectVersion, useSites } from '../helpers/site.ts';

/** Whom the application belongs to: where root runs the tests, somebody else. */
const owner = runsAsRoot() ? 65_534 : process.geteuid?.();

/** The user that a process acts as; undefined when it is gone. */
function userOf(pid: number): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^Uid:\t\d+\t(\d+)/m.exec(status)?.[1]);
  } catch {
    return undefined;
  }
}

/** Lets others pass to a folder, which tests make private. */
function openTheWay(folder: string): void {
  for (let above = folder; above !== '/' && above.includes('/maj-'); above = dirname(above))
    chmodSync(above, 0o755);
}

describe.each(servers)('a whole upgrade on $name', (server) => {
  const newSite = useSites(server);

  test('runs no command of the application, and no server that migrations are tried on, as root', async () => {
    const site = await newSite();
    const told = temporaryFolder('told');
    mkdirSync(join(told, 'by'));
    chmodSync(join(told, 'by'), 0o777);
    for (const folder of [site.appDir, told]) openTheWay(folder);
    if (runsAsRoot()) execFileSync('chown', ['-R', '65534:65534', site.appDir]);
    const tell = (what: string): string => `cat /proc/self/status > ${join(told, 'by', what)}`;
    const { child, ended } = startMaj(site.project, ['upgrade', '1.1.0'], {
      env: {
        APP_DEPENDENCIES_COMMAND: tell('dependencies'),
        APP_CACHE_COMMAND: tell('cache'),
        APP_SMOKE_COMMAND: tell('smoke'),
      },
    });
    const throwaway = new Set<number | undefined>();
    let isOver = false;
    void ended.finally(() => {
      isOver = true;
    });
    while (!isOver) {
      for (const { pid, arguments: words } of processesBelow(child.pid ?? 0))
        if (/^\S*(?:mariadbd|mysqld) .*--socket=/.test(words)) throwaway.add(userOf(pid));
      await setTimeout(10);
    }
    const { code, stderr } = await ended;
    expect(code, stderr).toBe(0);
    await expectVersion(site, '1.1.0');
    throwaway.delete(undefined);
    expect(throwaway.size).toBeGreaterThan(0);
    for (const user of throwaway) expect(runsAsRoot() ? user === 0 : user !== owner).toBe(false);
    const names = readdirSync(join(told, 'by')).sort();
    expect(names).toEqual(['cache', 'dependencies', 'smoke']);
    for (const name of names) {
      const status = readFileSync(join(told, 'by', name), 'utf8');
      expect([name, /^Uid:.*$/m.exec(status)?.[0]]).toEqual([
        name,
        `Uid:\t${[owner, owner, owner, owner].join('\t')}`,
      ]);
    }
  });
});
