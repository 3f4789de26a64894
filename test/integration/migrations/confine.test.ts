import { describe, expect, test } from 'vitest';
import { Secret } from '../../../scripts/config/types.ts';
import { currentUser, readGrantLines } from '../../../scripts/database/grants.ts';
import { parseAccount } from '../../../scripts/database/inventory.ts';
import { withSession, type Session } from '../../../scripts/database/session/session.ts';
import { sqlErrorOf } from '../../../scripts/database/session/sql-error.ts';
import type { Target } from '../../../scripts/database/session/target.ts';
import { confine, isDenied } from '../../../scripts/migrations/restricted-accounts.ts';
import { dryRun } from '../../../scripts/rehearsal/dry-run.ts';
import { withThrowaway } from '../../../scripts/server/throwaway.ts';
import { testContext } from '../../helpers/context.ts';
import { migrationsOf } from '../../helpers/migrations.ts';
import { servers, useServer } from '../../helpers/servers.ts';
import { failureOf, migrate } from './helpers.ts';

/** Privileges on a database, each with a statement that asks for it. */
const kinds: readonly (readonly [privilege: string, statement: string])[] = [
  ['SELECT', 'SELECT * FROM a'],
  ['INSERT', 'INSERT INTO a VALUES (7, 7)'],
  ['UPDATE', 'UPDATE a SET v = 1'],
  ['DELETE', 'DELETE FROM a'],
  ['CREATE', 'CREATE TABLE made (id int PRIMARY KEY)'],
  ['ALTER', 'ALTER TABLE a ADD COLUMN w int'],
  ['INDEX', 'CREATE INDEX i ON a (v)'],
  ['REFERENCES', 'ALTER TABLE b ADD FOREIGN KEY (id) REFERENCES a (id)'],
  ['TRIGGER', 'CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW SET NEW.v = 1'],
  ['CREATE VIEW', 'CREATE VIEW w AS SELECT 1 AS one'],
  ['SHOW VIEW', 'SHOW CREATE VIEW v'],
  ['CREATE ROUTINE', 'CREATE PROCEDURE q() SELECT 1'],
  ['ALTER ROUTINE', "ALTER PROCEDURE p COMMENT 'changed'"],
  ['EXECUTE', 'CALL p()'],
  ['EVENT', 'CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1'],
  ['CREATE TEMPORARY TABLES', 'CREATE TEMPORARY TABLE passing (id int)'],
  ['LOCK TABLES', 'LOCK TABLES a WRITE'],
  ['DROP', 'DROP TABLE b'],
];

/** Accounts that have part of it. */
const accounts: readonly (readonly [
  name: string,
  host: string,
  grants: (account: string) => readonly string[],
])[] = [
  [
    'every second privilege',
    'localhost',
    (account) =>
      granted(
        account,
        kinds.filter((_, at) => at % 2 === 0),
      ),
  ],
  [
    'the others',
    '%',
    (account) =>
      granted(
        account,
        kinds.filter((_, at) => at % 2 === 1),
      ),
  ],
  [
    'tables, columns and a routine only',
    'localhost',
    (account) => [
      `GRANT SELECT, ALTER, DROP ON app.b TO ${account}`,
      `GRANT SELECT (id), UPDATE (v) ON app.a TO ${account}`,
      `GRANT EXECUTE ON PROCEDURE app.p TO ${account}`,
    ],
  ],
];

const granted = (account: string, some: typeof kinds): string[] => [
  `GRANT ${some.map(([privilege]) => privilege).join(', ')} ON app.* TO ${account}`,
];

const content = [
  'CREATE TABLE a (id int PRIMARY KEY, v int)',
  'CREATE TABLE b (id int PRIMARY KEY)',
  'INSERT INTO a VALUES (1, 1)',
  'CREATE VIEW v AS SELECT id FROM b',
  // Of whoever works: to change that of another takes rights on all of the server (MySQL), which scripts on the copy have.
  'CREATE DEFINER = clerk@localhost PROCEDURE p() SQL SECURITY INVOKER SELECT 1',
];

describe.each(servers)('on $name', (server) => {
  const running = useServer(server);
  const password = 'as-it-is-live';

  async function fill(session: Session): Promise<void> {
    await session.run('DROP DATABASE IF EXISTS app');
    await session.run('CREATE DATABASE app');
    await session.run('USE app');
    for (const statement of content) await session.run(statement);
  }

  /** Makes the live database and an account on it. */
  async function liveAccount(host: string, grants: (account: string) => readonly string[]): Promise<Target> {
    const admin = await running().adminSession();
    const account = `clerk@'${host}'`;
    await fill(admin);
    await admin.run('DROP USER IF EXISTS clerk@localhost');
    await admin.run("DROP USER IF EXISTS clerk@'%'");
    await admin.run(`CREATE USER ${account} IDENTIFIED BY '${password}'`);
    for (const grant of grants(account)) await admin.run(grant);
    return { ...running().target('app'), user: 'clerk', password: new Secret(password) };
  }

  /** What each statement ends with, one session each: undefined for none of the errors that refuse. */
  async function outcomes(target: Target): Promise<Record<string, number | undefined>> {
    const found: Record<string, number | undefined> = {};
    for (const [, statement] of kinds) {
      found[statement] = await withSession(
        testContext(),
        target,
        async (session) => {
          try {
            await session.run(statement);
          } catch (error) {
            const errno = sqlErrorOf(error)?.errno;
            // Whatever else: another statement was refused that it builds on.
            return isDenied(errno) ? errno : undefined;
          }
          return undefined;
        },
        { sqlMode: '' },
      );
    }
    return found;
  }

  test.each(accounts)(
    'scripts on the copy may do what the live account may, and no more: %s',
    async (_, host, grants) => {
      const target = await liveAccount(host, grants);
      const live = await withSession(testContext(), target, async (session) => ({
        account: parseAccount(await currentUser(session)),
        grants: await readGrantLines(session),
      }));
      await withThrowaway(testContext(), server.programs, async (throwaway) => {
        const context = testContext();
        await withSession(context, throwaway.target('mysql'), fill);
        const { scripts: asClerk, overseer } = await confine(context, throwaway, 'app', live);
        const onCopy = await outcomes(asClerk);
        expect(onCopy).toEqual(await outcomes(target));
        const refused = Object.values(onCopy).filter((errno) => errno !== undefined);
        expect(refused.length).toBeGreaterThan(kinds.length / 4);
        expect(refused.length).toBeLessThan(kinds.length);
        // Whatever scripts did there, who looks on still may.
        await withSession(context, overseer, async (session) => {
          await session.run('DROP DATABASE app');
        });
      });
    },
  );

  test('a script that the live account could not run is refused, with what is missing', async () => {
    const most = kinds.filter(([privilege]) => privilege !== 'TRIGGER');
    await liveAccount('localhost', (account) => granted(account, most));
    const files = {
      '001_a.sql': 'CREATE TABLE c (id int PRIMARY KEY, v int);',
      '002_b.sql': 'CREATE TRIGGER t BEFORE INSERT ON c FOR EACH ROW SET NEW.v = 1;',
    };
    await withThrowaway(
      testContext(),
      server.programs,
      async (throwaway) => {
        await withSession(testContext(), throwaway.target('mysql'), fill);
        await migrate(testContext(), throwaway.target('app'), { '001_a.sql': files['001_a.sql'] });
        const context = running().context({
          DB_NAME: 'app',
          DB_USER: 'clerk',
          DB_PASSWORD: new Secret(password),
        });
        const database = { name: 'app' } as Parameters<typeof dryRun>[1]['manifest']['database'];
        const failure = await failureOf(
          dryRun(context, { throwaway, manifest: { database }, migrations: migrationsOf(files) }),
        );
        expect(failure).toMatchObject({
          code: 'dry-run-privilege',
          exitCode: 3,
          state: 'The live database was not touched.',
        });
        expect(failure.message).toContain('TRIGGER on app is missing');
        expect(failure.hint).toContain('TRIGGER');
      },
      { countsRefusals: true },
    );
  });
});
