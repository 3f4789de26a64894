import { describe, expect, test } from 'vitest';
import { servers, useServer } from '../../helpers/servers.ts';
import { failureOf, look, migrate } from './helpers.ts';

/** A change that a developer's own database takes, and production's does not. */
interface Case {
  readonly name: string;
  readonly statement: string;
  /** It commits together with the rows before it, and takes those back with it. */
  readonly inBatch?: boolean;
  /** What the server says, by flavour. */
  readonly mariadb: RegExp;
  readonly mysql: RegExp;
}

const duplicate = /1062 \(ER_DUP_ENTRY\) Duplicate entry 'a@b\.c' for key '(users\.)?mail'/;
const syntax = /1064 \(ER_PARSE_ERROR\) You have an error in your SQL syntax/;

const cases: readonly Case[] = [
  {
    name: 'duplicates under a new unique key',
    statement: 'ALTER TABLE users ADD UNIQUE KEY mail (mail)',
    mariadb: duplicate,
    mysql: duplicate,
  },
  {
    name: 'NULLs in a column that is to have none',
    statement: 'ALTER TABLE users MODIFY name VARCHAR(20) NOT NULL',
    mariadb: /1265 \(WARN_DATA_TRUNCATED\) Data truncated for column 'name' at row 3/,
    mysql: /1138 \(ER_INVALID_USE_OF_NULL\) Invalid use of NULL value/,
  },
  {
    name: 'texts that are longer than their column will be',
    statement: 'ALTER TABLE users MODIFY mail VARCHAR(3)',
    mariadb: /1265 \(WARN_DATA_TRUNCATED\) Data truncated for column 'mail' at row 1/,
    mysql: /1265 \(WARN_DATA_TRUNCATED\) Data truncated for column 'mail' at row 1/,
  },
  {
    name: 'a value out of range',
    statement: 'UPDATE users SET age = age + 100 WHERE id > 0',
    inBatch: true,
    mariadb: /1264 \(ER_WARN_DATA_OUT_OF_RANGE\) Out of range value for column 'age' at row 1/,
    mysql: /1264 \(ER_WARN_DATA_OUT_OF_RANGE\) Out of range value for column 'age' at row 1/,
  },
  {
    name: 'rows that a new foreign key has no parent for',
    statement: 'ALTER TABLE users ADD CONSTRAINT in_team FOREIGN KEY (team) REFERENCES teams (id)',
    mariadb: /1452 \(ER_NO_REFERENCED_ROW_2\) Cannot add or update a child row/,
    mysql: /1452 \(ER_NO_REFERENCED_ROW_2\) Cannot add or update a child row/,
  },
];

const setUp = [
  'CREATE TABLE teams (id INT PRIMARY KEY) ENGINE=InnoDB',
  'CREATE TABLE users (id INT PRIMARY KEY, mail VARCHAR(50), name VARCHAR(20), age TINYINT, team INT, KEY k (age)) ENGINE=InnoDB',
  "INSERT INTO users VALUES (1, 'a@b.c', 'Ann', 50, 7), (2, 'a@b.c', 'Bob', 20, 7), (3, 'c@d.e', NULL, 30, 7)",
];

describe.each(servers)('on $name, a migration that only production refuses', (server) => {
  const running = useServer(server);
  const production = async () => {
    const target = running().target(await running().createDatabase());
    const context = running().context();
    const eyes = await look(context, target);
    for (const statement of setUp) await eyes.session.run(statement);
    return { target, context, eyes };
  };
  const foreignSyntax: Case = {
    name: 'the syntax of the other server',
    statement:
      server.flavour === 'mysql'
        ? 'ALTER TABLE users ADD COLUMN IF NOT EXISTS nick INT'
        : 'ALTER TABLE users ALTER INDEX k INVISIBLE',
    mariadb: syntax,
    mysql: syntax,
  };

  test.each([...cases, foreignSyntax])(
    'for $name says where, why, what is committed, and how to go on',
    async ({ statement, inBatch = false, ...expected }) => {
      const { target, context, eyes } = await production();
      const before = await eyes.rows('SELECT * FROM users ORDER BY id');
      const files = {
        '007_change.sql': `CREATE TABLE done (id INT);\nINSERT INTO done VALUES (1);\n\n${statement};\nDROP TABLE done;`,
      };
      const failure = await failureOf(migrate(context, target, files));
      expect(failure).toMatchObject({ code: 'migration-failed', exitCode: 11 });
      const [place, excerpt] = failure.message.split('\n');
      expect(place).toMatch(/^007_change\.sql:4:1: statement 3 of 4 failed: /);
      expect(place).toMatch(expected[server.flavour]);
      expect(excerpt).toBe(`  ${statement}`);
      expect(failure.state).toBe(
        inBatch
          ? 'Of 007_change.sql statement 1 is committed. Statement 2 is rolled back, or changed only its session. Statement 3 has changed nothing.'
          : 'Of 007_change.sql statements 1 to 2 are committed. Statement 3 has changed nothing.',
      );
      expect(failure.hint).toBe(
        `Correct 007_change.sql from statement ${inBatch ? 2 : 3} on, leave what is above as it is, rehearse it (\`maj rehearse\`) and run \`maj migrate\` again: it goes on from there; or put the backup back with \`maj restore\`.`,
      );
      expect(await eyes.rows('SELECT * FROM users ORDER BY id')).toBe(before);
      expect(await eyes.rows('SELECT COUNT(*) FROM done')).toBe(inBatch ? '0' : '1');
    },
  );

  test.each([
    {
      lock: 'a table',
      by: 'SELECT COUNT(*) FROM users',
      waiting: 'SET lock_wait_timeout = 1',
      statement: 'ALTER TABLE users ADD COLUMN note INT',
      state: 'Of 007_change.sql statements 1 to 2 are committed. Statement 3 has changed nothing.',
      runAgain: [3],
    },
    {
      lock: 'a row',
      by: 'UPDATE users SET age = 51 WHERE id = 1',
      waiting: 'SET innodb_lock_wait_timeout = 1',
      statement: 'UPDATE users SET age = 52 WHERE id = 1',
      state:
        'Of 007_change.sql statement 1 is committed. Statement 2 is rolled back, or changed only its session. Statement 3 has changed nothing.',
      runAgain: [2, 3],
    },
  ])('as an open transaction holds $lock says who that is, and then goes on', async (one) => {
    const { target, context, eyes } = await production();
    const files = {
      '007_change.sql': `CREATE TABLE done (id INT);\n${one.waiting};\n${one.statement};`,
    };
    await eyes.session.run('START TRANSACTION');
    await eyes.session.run(one.by);
    const failure = await failureOf(migrate(context, target, files));
    expect(failure).toMatchObject({ code: 'migration-failed', exitCode: 11 });
    expect(failure.message).toMatch(
      new RegExp(
        `^007_change\\.sql:3:1: statement 3 of 3 failed: 1205 \\(ER_LOCK_WAIT_TIMEOUT\\) .*\n  ${one.statement}\n  waited for, it may be: connection ${eyes.session.connectionId} of root@localhost, in a transaction since \\d+ s$`,
      ),
    );
    expect(failure.state).toBe(one.state);
    expect(failure.hint).toContain('The script need not change');
    expect(failure.hint).toContain('run `maj migrate` again: it goes on from there');

    await eyes.session.run('ROLLBACK');
    const run = await migrate(context, target, files);
    expect(run.migrations[0]?.statements.each.map(({ number }) => number)).toEqual(one.runAgain);
  });
});
