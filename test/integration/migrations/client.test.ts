import { describe, expect, test } from 'vitest';
import { findClients } from '../../../scripts/database/clients.ts';
import { connect } from '../../../scripts/database/session.ts';
import { splitStatements } from '../../../scripts/migrations/splitter.ts';
import { capture } from '../../../scripts/system/processes.ts';
import { servers, useServer } from '../../helpers/servers.ts';

/** Scripts that the vendors' clients and the splitter must cut alike; comments are left out of what is compared. */
const table: readonly string[] = [
  'SELECT 1; SELECT 2;SELECT 3',
  'SELECT 5--1; SELECT 2;',
  "# it's a comment\nSELECT 1;\n-- it's another\nSELECT 2 -- ;\n;",
  String.raw`SELECT 'it\'s;', "\";", 'a'';b';SELECT 2`,
  'SELECT 1 AS `a\\`;SELECT 2 AS `b``;c`;',
  "/*!40101 SET @a = ';' */;SELECT @a;",
  "/* /* */ SELECT 1;\n/* ' ; */ SELECT 2;",
  'delimiter // ignored;\nDO 1//\nDELIMITER ;\nSELECT 3;',
  '  Delimiter \'$$\'\nSELECT 1$$\tSELECT 2$$\nDELIMITER "||" x\nSELECT 3||',
  'DELIMITER ;;\nCREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END;;\nDELIMITER ;\nDROP PROCEDURE p;',
  'SELECT 1 AS\ndelimiter;',
  '-- a\n/* b\n */\nDELIMITER //\nSELECT 1//',
  "SET sql_mode = 'NO_BACKSLASH_ESCAPES'; SELECT 'a\\'; SELECT 2;",
  "SELECT 'two\r\nlines';\r\nSELECT 2;\r\n",
  ';;SELECT 1;;',
];

describe.each(servers)('on $name, the splitter', (server) => {
  const running = useServer(server);

  test.each(table)('sends what the vendor’s own client sends: %j', async (script) => {
    const context = running().context();
    const database = await running().createDatabase();
    const admin = await running().adminSession();
    const { client } = await findClients(context, server.flavour, context.config.CLIENT_BIN_DIR);
    await admin.run("SET GLOBAL log_output = 'TABLE'");
    await admin.run('TRUNCATE mysql.general_log');
    await admin.run('SET GLOBAL general_log = ON');
    const done = await capture(
      context,
      client,
      [
        '--no-defaults',
        `--socket=${running().socket}`,
        '--user=root',
        '--skip-comments',
        '--default-character-set=utf8mb4',
        database,
      ],
      { input: script },
    );
    await admin.run('SET GLOBAL general_log = OFF');
    expect(done).toMatchObject({ code: 0, stderr: '' });
    const logged = await admin.rows(
      `SELECT CONVERT(argument USING utf8mb4) AS text FROM mysql.general_log
       WHERE command_type = 'Query' AND thread_id <> CONNECTION_ID() ORDER BY event_time`,
    );
    const sent = logged.map(({ text }) => normal(String(text))).filter((text) => !isGreeting(text));
    const cut = splitStatements(script.replaceAll('\r\n', '\n'), { file: 'x.sql' });
    expect(cut.map(({ text }) => normal(text))).toEqual(sent);

    const session = await connect(context, running().target(database));
    for (const { text } of cut) await session.run(text);
    await session.close();
  });
});

/** Without plain comments, of which the client was told to drop them, and with every run of blanks as one. */
const normal = (text: string): string =>
  text
    .replace(/ -- ;$/gm, '')
    .replace(/[ \t\n]+/g, ' ')
    .trim();

const isGreeting = (text: string): boolean =>
  /^select (@@version_comment|USER\(\))|^SELECT DATABASE\(\)/i.test(text);
