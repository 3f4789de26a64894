import { describe, expect, test } from 'vitest';
import { hashOfDump } from '../../../examples/demo/site.ts';
import { takeBackup } from '../../../scripts/backup/take.ts';
import { Secret } from '../../../scripts/config/types.ts';
import type { Context } from '../../../scripts/core/context.ts';
import { MajError } from '../../../scripts/core/errors.ts';
import { withSession, type Session } from '../../../scripts/database/session/session.ts';
import { describeError } from '../../../scripts/messages/catalogue.ts';
import { en } from '../../../scripts/messages/en/index.ts';
import { restoreVerb } from '../../../scripts/restore.ts';
import type { Flavour } from '../../../scripts/sql/flavour.ts';
import { temporaryFolder } from '../../helpers/context.ts';
import { sampleOf } from '../../helpers/sample.ts';
import { servers, useServer } from '../../helpers/servers.ts';
import { verbArguments } from '../../helpers/verbs.ts';

/** Kinds of objects that a live server may hold and not make again, each with what makes one. */
interface Kind {
  readonly object: string;
  readonly flavours?: readonly Flavour[];
  /** `DEFINER` stands for the account that it is to run as. */
  readonly make: readonly string[];
  /** What takes it away, or makes it another one, so that a restore has to make it. */
  readonly spoil: string;
}

type KindName =
  | 'table'
  | 'keyless'
  | 'wide'
  | 'foreignKey'
  | 'foreignKeyToAnyKey'
  | 'trigger'
  | 'procedure'
  | 'function'
  | 'view'
  | 'event'
  | 'sequence';

const wide = Array.from({ length: 250 }, (_, index) => `c${index} VARCHAR(64) CHARACTER SET utf8mb4`);

const kinds: Readonly<Record<KindName, Kind>> = {
  table: {
    object: 'table item',
    make: ['CREATE TABLE item (id INT PRIMARY KEY, code INT, KEY (code))', 'INSERT INTO item VALUES (1, 10)'],
    spoil: 'ALTER TABLE item ADD added INT',
  },
  keyless: {
    object: 'table keyless',
    make: ['CREATE TABLE keyless (email VARCHAR(100))', "INSERT INTO keyless VALUES ('a'), ('a')"],
    spoil: 'DELETE FROM keyless',
  },
  wide: {
    object: 'table wide',
    make: [
      'SET SESSION innodb_strict_mode = OFF',
      `CREATE TABLE wide (id INT PRIMARY KEY, ${wide.join(', ')}) ROW_FORMAT=COMPACT`,
      "INSERT INTO wide (id, c0) VALUES (1, 'x')",
    ],
    spoil: 'UPDATE wide SET c1 = 1',
  },
  foreignKey: {
    object: 'foreign key of_item of table line',
    make: [
      'CREATE TABLE line (id INT PRIMARY KEY, item INT, CONSTRAINT of_item FOREIGN KEY (item) REFERENCES item (id))',
      'INSERT INTO line VALUES (1, 1)',
    ],
    spoil: 'ALTER TABLE line DROP FOREIGN KEY of_item',
  },
  foreignKeyToAnyKey: {
    object: 'foreign key by_code of table mark',
    make: [
      'CREATE TABLE mark (id INT PRIMARY KEY, code INT, CONSTRAINT by_code FOREIGN KEY (code) REFERENCES item (code))',
    ],
    spoil: 'ALTER TABLE mark DROP FOREIGN KEY by_code',
  },
  trigger: {
    object: 'trigger keep of table item',
    make: ['CREATE DEFINER trigger keep before update on item for each row set @kept = old.id'],
    spoil: 'DROP TRIGGER keep',
  },
  procedure: {
    object: 'procedure work',
    make: ['CREATE DEFINER PROCEDURE work() SELECT 1'],
    spoil: 'DROP PROCEDURE work',
  },
  function: {
    object: 'function chance',
    make: ['CREATE DEFINER FUNCTION chance() RETURNS INT RETURN FLOOR(RAND() * 10)'],
    spoil: 'DROP FUNCTION chance',
  },
  view: {
    object: 'view names',
    make: ['CREATE DEFINER VIEW names AS SELECT item.id, keyless.email FROM item JOIN keyless'],
    spoil: 'DROP VIEW names',
  },
  event: {
    object: 'event nightly',
    make: ["CREATE DEFINER EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01' DO DELETE FROM item"],
    spoil: 'DROP EVENT nightly',
  },
  sequence: {
    object: 'sequence numbers',
    flavours: ['mariadb'],
    make: ['CREATE SEQUENCE numbers'],
    spoil: 'DROP SEQUENCE numbers',
  },
};

const allKinds = Object.keys(kinds) as KindName[];
const code: readonly KindName[] = ['trigger', 'procedure', 'function', 'view', 'event'];

/** A way in which a live server refuses to make again what it holds. */
interface Way {
  readonly name: string;
  readonly flavours?: readonly Flavour[];
  /** Before the backup. */
  readonly definer?: string;
  readonly grants?: Partial<Record<Flavour, string>>;
  readonly refuse: readonly string[];
  readonly allow: readonly string[];
  /** What it refuses; empty: a restore does without it. */
  readonly refused: readonly KindName[];
  readonly errorCode?: string;
  readonly remedy: string;
}

const privilege = (name: string, refused: readonly KindName[], errorCode?: string): Way => ({
  name: `without ${name}`,
  refuse: [`REVOKE ${name} ON shop.* FROM app@localhost`],
  allow: [`GRANT ${name} ON shop.* TO app@localhost`],
  refused,
  ...(errorCode === undefined ? {} : { errorCode }),
  remedy: 'GRANT ',
});

const ways: readonly Way[] = [
  {
    name: 'a binary log that trusts nobody',
    refuse: ['SET GLOBAL log_bin_trust_function_creators = OFF'],
    allow: ['SET GLOBAL log_bin_trust_function_creators = ON'],
    refused: ['trigger', 'function'],
    remedy: 'log_bin_trust_function_creators',
  },
  {
    name: 'a primary key that is asked for',
    flavours: ['mysql'],
    refuse: ['SET GLOBAL sql_require_primary_key = ON'],
    allow: ['GRANT SESSION_VARIABLES_ADMIN ON *.* TO app@localhost'],
    refused: ['keyless'],
    remedy: 'GRANT SESSION_VARIABLES_ADMIN ON *.* TO',
  },
  {
    name: 'a primary key that is asked for',
    flavours: ['mariadb'],
    refuse: ['SET GLOBAL innodb_force_primary_key = ON'],
    allow: ['SET GLOBAL innodb_force_primary_key = OFF'],
    refused: ['keyless'],
    remedy: 'innodb_force_primary_key = OFF',
  },
  {
    name: 'a unique key that is asked for where a foreign key refers to, which a session may switch off',
    flavours: ['mysql'],
    refuse: ['SET GLOBAL restrict_fk_on_non_standard_key = ON'],
    allow: [],
    refused: [],
    remedy: '',
  },
  {
    name: 'strict row sizes, which an account may not switch off',
    flavours: ['mysql'],
    refuse: ['SET GLOBAL innodb_strict_mode = ON'],
    allow: ['GRANT SESSION_VARIABLES_ADMIN ON *.* TO app@localhost'],
    refused: ['wide'],
    remedy: 'innodb_strict_mode',
  },
  {
    name: 'strict row sizes, which an account may switch off',
    flavours: ['mariadb'],
    refuse: ['SET GLOBAL innodb_strict_mode = ON'],
    allow: [],
    refused: [],
    remedy: '',
  },
  {
    name: 'code of an account with SYSTEM_USER',
    flavours: ['mysql'],
    definer: 'root@localhost',
    grants: { mysql: 'SET_ANY_DEFINER, SHOW_ROUTINE' },
    refuse: [],
    allow: ['GRANT SYSTEM_USER ON *.* TO app@localhost'],
    refused: code,
    remedy: 'GRANT SYSTEM_USER ON *.* TO',
  },
  {
    name: 'code of another account',
    definer: 'other@localhost',
    grants: { mariadb: 'SELECT', mysql: 'SHOW_ROUTINE' },
    refuse: [],
    allow: [],
    refused: code,
    errorCode: 'definers-not-allowed',
    remedy: 'GRANT SET',
  },
  {
    name: 'a server that takes no changes',
    flavours: ['mysql'],
    refuse: ['SET GLOBAL super_read_only = ON'],
    allow: ['SET GLOBAL super_read_only = OFF', 'SET GLOBAL read_only = OFF'],
    refused: allKinds,
    remedy: 'read_only',
  },
  {
    name: 'a server that takes no changes',
    flavours: ['mariadb'],
    refuse: ['SET GLOBAL read_only = ON'],
    allow: ['SET GLOBAL read_only = OFF'],
    refused: allKinds,
    remedy: 'read_only',
  },
  privilege('TRIGGER', ['trigger']),
  privilege('CREATE VIEW', ['view']),
  privilege('CREATE ROUTINE', ['procedure', 'function']),
  privilege('EVENT', ['event']),
  { ...privilege('REFERENCES', ['foreignKey', 'foreignKeyToAnyKey']), flavours: ['mysql'] },
  // MariaDB knows the word, and does not ask for it ("GRANT" in its manual).
  { ...privilege('REFERENCES', []), flavours: ['mariadb'] },
  ...['CREATE', 'DROP', 'ALTER', 'INSERT', 'ALTER ROUTINE'].map((name) =>
    privilege(name, [], 'restore-not-granted'),
  ),
];

describe.each(servers)('what $name holds and would not make again', (server) => {
  const { flavour } = server;
  const running = useServer(server, { binaryLog: true });
  const isHere = ({ flavours }: { readonly flavours?: readonly Flavour[] }): boolean =>
    flavours === undefined || flavours.includes(flavour);
  const here = allKinds.filter((name) => isHere(kinds[name]));

  /** A database with one of each kind, and the context of an account that may do everything on it. */
  async function prepare(admin: Session, way: Way): Promise<Context> {
    const definer = way.definer ?? 'app@localhost';
    for (const statement of [
      'SET GLOBAL log_bin_trust_function_creators = ON',
      ...(flavour === 'mysql'
        ? [
            'SET GLOBAL restrict_fk_on_non_standard_key = OFF',
            'SET GLOBAL sql_require_primary_key = OFF',
            'SET GLOBAL innodb_strict_mode = OFF',
          ]
        : []),
      'DROP DATABASE IF EXISTS shop',
      'CREATE DATABASE shop CHARACTER SET utf8mb4',
      'DROP USER IF EXISTS app@localhost, other@localhost',
      "CREATE USER app@localhost IDENTIFIED BY 'secret'",
      'CREATE USER other@localhost',
      'GRANT ALL ON shop.* TO app@localhost',
      'GRANT ALL ON shop.* TO other@localhost',
    ])
      await admin.run(statement);
    const grant = way.grants?.[flavour];
    if (grant !== undefined) await admin.run(`GRANT ${grant} ON *.* TO app@localhost`);
    await withSession({ signal: new AbortController().signal }, running().target('shop'), async (session) => {
      // A new session takes the settings that were just made.
      for (const name of here)
        for (const statement of kinds[name].make)
          await session.run(statement.replace('DEFINER', `DEFINER = ${definer}`));
    });
    return running().context({
      DB_NAME: 'shop',
      DB_USER: 'app',
      DB_PASSWORD: new Secret('secret'),
      BACKUP_DIR: temporaryFolder('backups'),
    });
  }

  const restore = async (context: Context): Promise<MajError | undefined> => {
    try {
      await restoreVerb.run(context, verbArguments([], { 'database-only': true }));
      return undefined;
    } catch (error) {
      if (error instanceof MajError) return error;
      throw error;
    }
  };

  test.each(sampleOf(ways.filter(isHere), servers.indexOf(server)))(
    '$name: is refused before anything is touched, and restored with what the error says',
    async (way) => {
      const admin = await running().adminSession();
      const context = await prepare(admin, way);
      const root = running().target('shop');
      const hash = (): Promise<string> => hashOfDump(context, root, flavour);
      await takeBackup(context, { databaseOnly: true });
      const whole = await hash();
      await withSession(context, root, async (session) => {
        for (const name of here) await session.run(kinds[name].spoil);
      });
      const spoilt = await hash();

      for (const statement of way.refuse) await admin.run(statement);
      try {
        const refused = await restore(context);
        const expected = way.refused.filter((name) => here.includes(name));
        if (expected.length > 0 || way.errorCode !== undefined) {
          expect(refused, 'it must be refused').toBeInstanceOf(MajError);
          expect(refused?.exitCode, refused?.message).toBe(3);
          expect(refused?.code).toBe(way.errorCode ?? 'restore-not-taken');
          const { message = '', hint = '' } = refused ? describeError(refused, en) : {};
          expect(hint).toContain(way.remedy);
          if (way.errorCode === undefined)
            for (const name of here)
              expect(message.includes(`- ${kinds[name].object}: `), `${name} in: ${message}`).toBe(
                expected.includes(name),
              );
          expect(await hash(), 'nothing is changed').toBe(spoilt);
        } else expect(refused?.message).toBeUndefined();
      } finally {
        for (const statement of way.allow) await admin.run(statement);
      }
      if (way.errorCode === 'definers-not-allowed') return;
      expect((await restore(context))?.message).toBeUndefined();
      expect(await hash()).toBe(whole);
    },
  );
});
