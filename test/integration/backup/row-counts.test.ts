import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { listBackups } from '../../../scripts/backup/list.ts';
import { takeBackup } from '../../../scripts/backup/take.ts';
import { connect } from '../../../scripts/database/session/session.ts';
import { quoteWords } from '../../../scripts/system/process/shell-words.ts';
import { temporaryFolder } from '../../helpers/context.ts';
import { everyServer, useServer } from '../../helpers/servers.ts';
import { runAll } from './everything.ts';
import { findClients } from '../../helpers/vendor-clients.ts';

describe.each(everyServer)('on $name, a backup', (server) => {
  const running = useServer(server);
  // So many that no server takes them for what was written while the dump began.
  const twice = (statement: string): string[] => Array.from({ length: 10 }, () => statement);
  const schema = [
    'CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, x VARCHAR(20))',
    "INSERT INTO t (x) VALUES ('),('), ('b'), ('\\n('), ('d'), (NULL)",
    ...twice('INSERT INTO t (x) SELECT x FROM t'),
    'CREATE TABLE sheet (id INT) ENGINE=MyISAM',
    'INSERT INTO sheet VALUES (1), (2), (3)',
    ...twice('INSERT INTO sheet SELECT id FROM sheet'),
    'CREATE TABLE few (id INT PRIMARY KEY)',
    'INSERT INTO few VALUES (1), (2)',
    'CREATE TABLE none (id INT PRIMARY KEY)',
  ];

  test('whose dump has not all rows is refused, whatever cut it, and leaves nothing', async () => {
    const database = await running().createDatabase();
    await runAll(running(), database, schema);
    const { dump } = await findClients(running().context(), server.flavour);
    const folder = temporaryFolder('cut');
    const program = join(folder, server.flavour === 'mysql' ? 'mysqldump' : 'mariadb-dump');
    // The file of options has to come first; what asks for the version or the options is answered as well.
    const lines = [
      '#!/bin/sh',
      `case $* in *--single-transaction*) first=$1; shift; exec ${quoteWords([dump])} "$first" --where='1 LIMIT 2' "$@" ;; esac`,
      `exec ${quoteWords([dump])} "$@"`,
    ];
    writeFileSync(program, `${lines.join('\n')}\n`);
    chmodSync(program, 0o755);
    const context = running().context({ DB_NAME: database, CLIENT_BIN_DIR: folder });
    const failure: unknown = await takeBackup(context).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'rows-missing', exitCode: 3 });
    expect(String(failure)).toContain('t: 2 rows of 5120');
    expect(String(failure)).toContain('sheet: 2 rows of 3072');
    expect(String(failure)).not.toContain('few:');
    expect(await listBackups(context)).toEqual([]);
  });

  test('is taken beside writers, whose rows come and go', async () => {
    const database = await running().createDatabase();
    await runAll(running(), database, schema);
    const context = running().context({ DB_NAME: database });
    const writing = new AbortController();
    const writers = [1, 2, 3].map(async (number) => {
      const session = await connect(context, running().target(database));
      for (let at = 1; !writing.signal.aborted; at += 1) {
        const id = number * 10_000_000 + at;
        await session.run(`INSERT INTO t (id, x) VALUES (${id}, 'x'), (${id + 5_000_000}, '),(')`);
        await session.run(`DELETE FROM t WHERE id IN (${id}, ${at % 2 === 0 ? id + 5_000_000 : id})`);
      }
      await session.close();
    });
    try {
      for (let times = 0; times < 8; times += 1)
        expect((await takeBackup(context)).manifest.parts.length).toBeGreaterThan(0);
    } finally {
      writing.abort();
      await Promise.all(writers);
    }
  });
});
