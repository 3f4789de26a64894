import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { quoteName } from '../../../scripts/sql/quote.ts';
import { startMaj } from '../../helpers/cli.ts';
import { temporaryFolder } from '../../helpers/context.ts';
import { processesBelow } from '../../helpers/processes.ts';
import { servers, useServer } from '../../helpers/servers.ts';
import { createRows, runAll } from './everything.ts';

describe.each(servers)('on $name', (server) => {
  const running = useServer(server);

  test.each(['.env', 'the environment'])(
    'a password from %s is in no argument, no environment of a program, no output and no file',
    async (source) => {
      const database = await running().createDatabase();
      await createRows(running(), database, 'many', 40);
      const password = 'Xq#9 "so\\secret\'1';
      await runAll(running(), database, [
        `CREATE USER IF NOT EXISTS 'keeper'@'%' IDENTIFIED BY '${password.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`,
        `GRANT ALL ON ${quoteName(database)}.* TO 'keeper'@'%'`,
      ]);
      const project = temporaryFolder('project');
      if (source === '.env')
        writeFileSync(join(project, '.env'), `DB_PASSWORD=\`${password}\`\n`, { mode: 0o600 });
      const { CLIENT_BIN_DIR } = running().context().config;
      const started = startMaj(project, ['backup'], {
        env: {
          DB_SOCKET: running().socket,
          DB_NAME: database,
          DB_USER: 'keeper',
          ...(source === '.env' ? {} : { DB_PASSWORD: password }),
          ...(CLIENT_BIN_DIR === undefined ? {} : { CLIENT_BIN_DIR }),
        },
      });
      const pid = started.child.pid ?? -1;
      const seen = new Set<string>();
      const leaks: string[] = [];
      let over = false;
      void started.ended.finally(() => (over = true));
      while (!over) {
        for (const child of processesBelow(pid)) {
          // Our own process until it has become the program, and the TypeScript loader's, which is not ours to start.
          if (source !== '.env' && /^\S*\/(node|esbuild) /.test(child.arguments)) continue;
          seen.add(child.arguments.split(' ')[0] ?? '');
          if ((child.arguments + child.environment).includes('secret')) leaks.push(child.arguments);
        }
        if (readFileSync(`/proc/${process.pid}/cmdline`, 'utf8').includes('secret')) leaks.push('ourselves');
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      const run = await started.ended;
      expect(run).toMatchObject({ code: 0 });
      expect([...seen].some((name) => name.endsWith('dump'))).toBe(true);
      expect(leaks).toEqual([]);
      expect(run.stdout + run.stderr).not.toContain('secret');
      expect(grep('secret', join(project, '.maj'))).toEqual([]);
      const [id = ''] = readdirSync(join(project, '.maj', 'backups'));
      expect(readdirSync(join(project, '.maj', 'backups', id, 'database')).length).toBeGreaterThan(3);
    },
  );
});

/** The files below a folder that hold a text. */
function grep(text: string, folder: string): string[] {
  try {
    return execFileSync('grep', ['-rlaF', text, folder], { encoding: 'utf8' }).trim().split('\n');
  } catch (error) {
    // grep's way to say that there is none.
    if ((error as { status: number }).status === 1) return [];
    throw error;
  }
}
