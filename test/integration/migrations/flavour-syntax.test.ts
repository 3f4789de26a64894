import { describe, expect, test } from 'vitest';
import { withSession } from '../../../scripts/database/session/session.ts';
import { sqlErrorOf } from '../../../scripts/database/session/sql-error.ts';
import { checkScript } from '../../../scripts/migrations/checks/check.ts';
import { splitStatements } from '../../../scripts/sql/splitter.ts';
import { everyServer, useServer } from '../../helpers/servers.ts';

/** Whose syntax it is, as the check says and as the servers themselves do. */
const constructs = [
  ['MariaDB', 'ALTER TABLE a ADD COLUMN IF NOT EXISTS b INT'],
  ['MariaDB', 'ALTER TABLE a DROP INDEX IF EXISTS nowhere'],
  ['MariaDB', 'ALTER TABLE IF EXISTS a ADD c INT'],
  ['MariaDB', 'CREATE INDEX IF NOT EXISTS i ON a (id)'],
  ['MariaDB', 'CREATE OR REPLACE TABLE d (id INT PRIMARY KEY)'],
  ['MariaDB', 'CREATE SEQUENCE s'],
  ['MariaDB', 'INSERT INTO a (id) VALUES (1) RETURNING id'],
  ['MariaDB', 'DELETE FROM a WHERE id = 1 RETURNING id'],
  ['MySQL', "SELECT doc->'$.b' FROM a"],
  ['MySQL', "SELECT doc->>'$.b' FROM a"],
  ['MySQL', 'SET PERSIST max_connections = 99'],
  ['MySQL', 'VALUES ROW(1, 2), ROW(3, 4)'],
  ['MySQL', 'CREATE INDEX j ON a (id, doc_length) INVISIBLE'],
  ['MySQL', 'ALTER TABLE a ALTER INDEX k INVISIBLE'],
] as const;

const syntaxError = 1064;

describe.each(everyServer)('on $name', (server) => {
  const running = useServer(server);

  test.each(constructs)('only %s understands: %s', async (family, script) => {
    const found = checkScript({
      file: '1_a.sql',
      text: script,
      statements: splitStatements(script, { file: '1_a.sql' }),
    });
    expect(found.filter(({ code }) => code === 'flavour-syntax').map(({ object }) => object)).toEqual([
      family,
    ]);
    const target = running().target(await running().createDatabase());
    const errno = await withSession(running().context(), target, async (session) => {
      await session.run('CREATE TABLE a (id INT PRIMARY KEY, doc JSON, doc_length INT, KEY k (doc_length))');
      try {
        await session.run(script);
        return undefined;
      } catch (error) {
        return sqlErrorOf(error)?.errno;
      }
    });
    const isOwn = family.toLowerCase() === server.flavour;
    expect(errno).toBe(isOwn ? undefined : syntaxError);
  });
});
