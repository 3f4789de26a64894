import { describe, expect, test } from 'vitest';
import { takeBackup } from '../../../scripts/backup/take.ts';
import { withSession } from '../../../scripts/database/session/session.ts';
import { loadBackup } from '../../../scripts/restore/load/load-backup.ts';
import { servers, useServer } from '../../helpers/servers.ts';
import { runAll } from './everything.ts';

describe.each(servers)('on $name', (server) => {
  const running = useServer(server);

  test('the optimizer knows how many rows were loaded, by the end of the load', async () => {
    // Else the server may count them by itself before this looks.
    await (await running().adminSession()).run('SET GLOBAL innodb_stats_auto_recalc = OFF');
    const database = await running().createDatabase();
    await runAll(running(), database, [
      'CREATE TABLE `odd ``é` (id INT PRIMARY KEY AUTO_INCREMENT, day DATE, KEY (day))',
      `INSERT INTO \`odd \`\`é\` (day) VALUES ${Array.from({ length: 50 }, () => '(NOW())').join(',')}`,
    ]);
    const context = running().context({ DB_NAME: database });
    const backup = await takeBackup(context);
    const copy = running().target(await running().createDatabase(`${database}_copy`));
    await loadBackup(context, backup, copy, () => undefined);
    const counted = await withSession(context, copy, (session) =>
      session.rows('SELECT n_rows AS counted FROM mysql.innodb_table_stats WHERE database_name = ?', [
        copy.database,
      ]),
    );
    expect(counted.map((row) => Number(row['counted']))).toEqual([50]);
  });
});
