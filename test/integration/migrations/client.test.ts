import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../../scripts/database/session/session.ts';
import { splitStatements } from '../../../scripts/sql/splitter.ts';
import { clientOracle, plainOracle, type Oracle } from '../../helpers/client-oracle.ts';
import { generateScript } from '../../helpers/script-generator.ts';
import { servers, useServer } from '../../helpers/servers.ts';
import { compare, described, shrink } from '../../helpers/splitter-difference.ts';
import { findClients } from '../../helpers/vendor-clients.ts';

/** Scripts of which every statement runs, on every server. */
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
  "SELECT 'two\nlines';\nSELECT 2;\n",
  'SELECT 1 AS é;',
  ';;SELECT 1;;',
];

const folder = join(import.meta.dirname, '../../fixtures/scripts');
const fixtures = readdirSync(folder).filter((name) => name.endsWith('.sql'));
const fixture = (name: string): string => readFileSync(join(folder, name), 'utf8');

const generated = 20_000;
/** Of a hundred generated scripts the splitter may refuse so many: what is not compared shows nothing. */
const mostRefused = 40;

describe.each(servers)('on $name, the splitter', (server) => {
  const running = useServer(server);
  let database: string;
  let oracle: Oracle;
  let plain: Oracle;
  beforeAll(async () => {
    const context = running().context();
    const { client } = await findClients(context, server.flavour, context.config.CLIENT_BIN_DIR);
    database = await running().createDatabase();
    const { flavour } = server;
    const admin = await running().adminSession();
    const access = { flavour, client, socket: running().socket, database, admin };
    oracle = clientOracle(access);
    plain = plainOracle(access);
  });

  test.each(table)('sends what the vendor’s own client sends, and it runs: %j', async (script) => {
    expect(await compare(plain, [[script]])).toEqual({ differences: [], refused: 0 });
    const session = await connect(running().context(), running().target(database));
    for (const { text } of splitStatements(script, { file: 'x.sql', flavour: server.flavour }))
      await session.run(text);
    await session.close();
  });

  test.each(fixtures)('cuts %s as the vendor’s own client does', async (name) => {
    const { differences, refused } = await compare(plain, [[fixture(name)]]);
    expect(differences).toEqual([]);
    // What only the other flavour reads as it is meant may be refused.
    const isForeign = /^(mariadb|mysql)-only/.exec(name)?.[1] !== server.flavour && name.includes('-only');
    if (!isForeign) expect(refused).toBe(0);
  });

  test(`cuts ${generated} generated scripts as the vendor’s own client does`, async () => {
    const scripts = Array.from({ length: generated }, (_, seed) => generateScript(seed));
    const { differences, refused } = await compare(oracle, scripts);
    const [first] = differences;
    if (first !== undefined) {
      const seed = scripts.indexOf(first.script as string[]);
      expect.fail(
        `${differences.length} scripts differ; of seed ${seed}\n${described(await shrink(oracle, first))}`,
      );
    }
    expect((100 * refused) / generated).toBeLessThan(mostRefused);
  });
});
