import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { maj, type CliRun } from '../../helpers/cli.ts';
import { temporaryFolder } from '../../helpers/context.ts';

/** No setting of the environment's counts: the database is neither named nor there. */
const nothingSet = { DB_NAME: '', DB_USER: '', DATABASE_URL: '', MIGRATIONS_DIR: '', MAJ_LANG: 'en' };

/** A project folder with these scripts, and `maj migrate check` in it. */
async function project(
  scripts: Readonly<Record<string, string>>,
): Promise<(...words: string[]) => Promise<CliRun>> {
  const folder = temporaryFolder('check');
  await mkdir(join(folder, 'migrations'));
  for (const [name, text] of Object.entries(scripts)) await writeFile(join(folder, 'migrations', name), text);
  return (...words) => maj(folder, ['migrate', 'check', ...words], { env: nothingSet });
}

describe('maj migrate check, without a server and without settings', () => {
  test('prints a line and a remedy for each finding, and exits with 3', async () => {
    const check = await project({
      '001_users.sql': 'CREATE TABLE users (id INT PRIMARY KEY);\n',
      '002_names.sql': '\uFEFFSELECT 1;\r\nALTER TABLE users\r\n  DROP COLUMN name;\r\n',
    });
    const ran = await check();
    expect(ran).toMatchObject({ code: 3, stderr: '' });
    expect(ran.stdout).toBe(
      'migrations/002_names.sql:3:15  error  drop-column  The column users.name is dropped, with all of its values.\n' +
        '    Drop it in a later release than the one that stops using it. Say why that is safe.\n' +
        '2 scripts: 1 error, 0 warnings, 0 info.\n',
    );
  });

  test('exits with 0 when errors are allowed, and when there are warnings only', async () => {
    const check = await project({
      '001_a.sql': '-- maj: allow drop-table: empty since 1.2\nDROP TABLE a;\nRENAME TABLE b TO c;\n',
    });
    const ran = await check();
    expect(ran.code).toBe(0);
    expect(ran.stdout).toContain('001_a.sql:3:14  warning  rename-table');
    expect(ran.stdout).not.toContain('drop-table');
    expect(ran.stdout).toContain('1 script: 0 errors, 1 warning, 0 info, 1 allowed.');
  });

  test('checks the files that are named, by path or by name', async () => {
    const check = await project({ '001_a.sql': 'DROP TABLE a;', '002_b.sql': 'SELECT 1;' });
    expect((await check('002_b.sql')).stdout).toBe('1 script: nothing found.\n');
    expect((await check('migrations/001_a.sql', '002_b.sql')).stdout).toContain('2 scripts: 1 error');
    const missing = await check('003_c.sql');
    expect(missing.code).toBe(2);
    expect(missing.stderr).toMatch(/There is no script 003_c\.sql; looked for .*migrations\/003_c\.sql/);
  });

  test('prints JSON, SARIF and GitHub’s commands, with the same exit code', async () => {
    const check = await project({ '001_a.sql': 'DROP TABLE a;' });
    const json = await check('--format', 'json');
    expect(json.code).toBe(3);
    expect(JSON.parse(json.stdout)).toMatchObject([
      {
        code: 'drop-table',
        file: 'migrations/001_a.sql',
        message: expect.stringContaining('dropped') as string,
      },
    ]);
    const sarif = await check('--format=sarif');
    expect(sarif.code).toBe(3);
    expect(JSON.parse(sarif.stdout)).toMatchObject({
      version: '2.1.0',
      runs: [{ results: [{ ruleId: 'drop-table' }] }],
    });
    const github = await check('--format', 'github');
    expect(github.code).toBe(3);
    expect(github.stdout).toMatch(/^::error file=migrations\/001_a\.sql,line=1,col=12,title=drop-table::/);
  });

  test('refuses a format that it does not know, and a script that cannot be split', async () => {
    const check = await project({ '001_a.sql': "DROP TABLE a;\nSELECT 'open" });
    const format = await check('--format', 'xml');
    expect(format.code).toBe(2);
    expect(format.stderr).toContain('--format xml is none of text, json, sarif, github.');
    const torn = await check();
    expect(torn.code).toBe(3);
    expect(torn.stderr).toContain('migrations/001_a.sql:2:8: a string begins here and never ends.');
  });

  test('knows the live database by DB_NAME', async () => {
    const check = await project({ '001_a.sql': 'SELECT * FROM shop.a;' });
    expect((await check()).code).toBe(0);
    const other = await check('--db-name', 'office');
    expect(other.code).toBe(3);
    expect(other.stdout).toContain('other-database');
  });
});
