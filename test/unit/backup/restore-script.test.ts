import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { restoreScript } from '../../../scripts/backup/restore-script.ts';
import { temporaryFolder } from '../../helpers/context.ts';

type Facts = Parameters<typeof restoreScript>[0];

const sound: Facts = {
  id: '20261122T151217Z-1.1.0',
  database: 'shop',
  charset: 'utf8mb4',
  collation: 'utf8mb4_uca1400_ai_ci',
  server: 'MariaDB 10.11.19',
  client: 'mariadb',
};
const names = ['id', 'database', 'charset', 'collation', 'server', 'client'] as const;

const attacks: readonly (readonly [string, string])[] = [
  ['a line of its own', 'x\ntouch done\n# '],
  ['a carriage return', 'x\rtouch done\r# '],
  ['a single quote', "x'; touch done; '"],
  ['a double quote', 'x"; touch done; "'],
  ['a command in parentheses', 'x$(touch done)'],
  ['a command in backticks', 'x`touch done`'],
  ['the end of an expansion', 'x}"; touch done; "${y'],
  ['all of it', `x'"\`touch done\`$(touch done)\n'touch done`],
];

/** A backup of one part, its restore.sh, and a client that writes down how it was called. */
function lay(facts: Facts): { folder: string; script: string; run: (...words: string[]) => string } {
  const folder = temporaryFolder('restore-script');
  mkdirSync(join(folder, 'database'));
  writeFileSync(join(folder, 'database', '0000-header.sql.txt'), 'SELECT 1;\n-- Dump completed\n');
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'bin', 'mariadb'), '#!/bin/sh\necho "client $*"\ncat\n');
  chmodSync(join(folder, 'bin', 'mariadb'), 0o755);
  const script = join(folder, 'restore.sh');
  writeFileSync(script, restoreScript(facts));
  const env = { PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}` };
  return {
    folder,
    script,
    run: (...words) => {
      const { stdout, stderr } = spawnSync('sh', [script, ...words], { cwd: folder, env, encoding: 'utf8' });
      return stdout + stderr;
    },
  };
}

describe.each(names)('in restore.sh, the %s', (name) => {
  it.each(attacks)('cannot run anything: %s', (_, attack) => {
    const { folder, script, run } = lay({ ...sound, [name]: attack });
    execFileSync('sh', ['-n', script]);
    expect(run('sql')).toBe('SELECT 1;\n-- Dump completed\n');
    const usage = run();
    expect(usage).toContain('./restore.sh database -u USER -p DATABASE');
    expect(usage.split('\n')).toHaveLength(11);
    run('database', 'shop');
    run('files', 'to');
    expect(readdirSync(folder).sort()).toEqual(['bin', 'database', 'restore.sh']);
  });

  it('cannot add a line', () => {
    const lines = (facts: Facts): number => restoreScript(facts).split(/[\r\n\u2028\u2029]/).length;
    expect(lines({ ...sound, [name]: 'a\nb\rc\u2028d' })).toBe(lines(sound));
  });
});

test('restore.sh calls the client of its server, or the one that CLIENT names', () => {
  const { run, script, folder } = lay(sound);
  expect(run('database', '-u', 'root', 'shop')).toMatch(/^client -u root shop .*--binary-mode/);
  writeFileSync(join(folder, 'other'), '#!/bin/sh\necho other\ncat >&2\n', { mode: 0o755 });
  const env = { PATH: process.env['PATH'], CLIENT: join(folder, 'other') };
  expect(execFileSync('sh', [script, 'database'], { env, encoding: 'utf8', stdio: 'pipe' })).toBe('other\n');
});

test('the SQL in restore.sh cannot be other SQL', () => {
  expect(restoreScript(sound)).toContain('CHARACTER SET utf8mb4 COLLATE utf8mb4_uca1400_ai_ci;\n');
  expect(restoreScript({ ...sound, charset: "utf8mb4'; DROP DATABASE shop" })).toContain(
    "CHARACTER SET 'utf8mb4''; DROP DATABASE shop' COLLATE",
  );
});
