import { beforeAll, describe, expect, test } from 'vitest';
import { connect, type Row, type Session } from '../../../scripts/database/session/session.ts';
import { splitStatements } from '../../../scripts/sql/splitter.ts';
import { migrationsInFolder } from '../../helpers/migrations.ts';
import { servers, useServer } from '../../helpers/servers.ts';
import { findClients, runScript, type VendorAccess } from '../../helpers/vendor-clients.ts';
import { failureOf, look, migrate } from './helpers.ts';

/** The ways to tell a server in which charset statements come. */
const forms: readonly ((charset: string) => string)[] = [
  (charset) => `SET NAMES ${charset};`,
  (charset) => `SET CHARACTER SET ${charset};`,
  (charset) => `/*!40101 SET NAMES ${charset} */;`,
  (charset) => `SET @old = @@character_set_client, character_set_client = '${charset}';`,
];

const letters = ['é', 'ł', 'ф', 'ב', '€', '–', '日', '表', '한', '🦊'];
/** As they stand between the quotes of a string: also what may be taken for half a letter where it follows one. */
const texts: readonly string[] = [
  String.raw`plain \\ it''s \'so\'`,
  'Cœur – 3 €',
  'Été à la plage, naïve',
  'ﾃｽﾄ 日本語 表示',
  'Привет, Łódź, שלום, 한국어',
  '🦊🙂',
  ...letters.flatMap((letter) =>
    [String.raw`\n`, String.raw`\'x`, "''y", '`', '|'].map((sign) => `${letter}${sign}`),
  ),
];

const table = `CREATE TABLE kept (
  at int, text int, u text CHARACTER SET utf8mb4, l text CHARACTER SET latin1, i text CHARACTER SET utf8mb4, b blob,
  PRIMARY KEY (at, text));
CREATE TABLE taken (at int PRIMARY KEY, client text);`;

const head = (at: number, form: string): string =>
  `SET sql_mode = '';\n${form}\nINSERT INTO taken VALUES (${at}, @@character_set_client);\n`;
const row = (at: number, text: number): string => {
  const literal = `'${texts[text] ?? ''}'`;
  return `INSERT INTO kept VALUES (${at}, ${text}, ${literal}, ${literal}, _latin1${literal}, ${literal});\n`;
};

/** A charset, set in one of the ways, and the numbers of texts after it: all after the first way, some after the others. */
interface Case {
  readonly charset: string;
  readonly form: string;
  readonly numbers: readonly number[];
}

const casesOf = (charsets: readonly string[]): Case[] =>
  charsets.flatMap((charset) =>
    forms.map((form, way) => ({
      charset,
      form: form(charset),
      numbers: [...texts.keys()].filter((number) => way === 0 || number % 4 === way),
    })),
  );

/** In these a backslash or a backtick may be the second byte of a letter. */
const swallowing = ['big5', 'cp932', 'gb18030', 'gbk', 'sjis'];

/** The driver has no decoder for these: their own warnings are not asked for. */
const driverCannotRead = new Set(['dec8', 'eucjpms', 'geostd8', 'hp8', 'keybcs2', 'swe7']);

describe.each(servers)('on $name, text in scripts', (server) => {
  const running = useServer(server);
  let charsets: string[];
  let admin: Session;
  let vendor: VendorAccess;
  beforeAll(async () => {
    const context = running().context();
    admin = await running().adminSession();
    charsets = (await admin.rows('SHOW CHARACTER SET')).map((found) => String(found['Charset']));
    const clients = await findClients(context, server.flavour, context.config.CLIENT_BIN_DIR);
    vendor = { clients, socket: running().socket };
  });

  const keptIn = async (database: string): Promise<Map<string, string>> => {
    const rows = await admin.rows(
      `SELECT at, text, CONCAT_WS(' ', HEX(u), HEX(l), HEX(i), HEX(b)) AS bytes FROM \`${database}\`.kept`,
    );
    return new Map(
      rows.map((found) => [`${Number(found['at'])}:${Number(found['text'])}`, String(found['bytes'])]),
    );
  };
  const isRefused = (script: string): boolean => {
    try {
      splitStatements(script, { file: 'x.sql', flavour: server.flavour });
      return false;
    } catch (error) {
      expect(error).toMatchObject({ code: 'migration-script' });
      expect(String(error)).toContain('the charset may be set to');
      return true;
    }
  };

  test('is stored as the vendor’s client stores it in every charset of the server, or refused', async () => {
    const cases = casesOf(charsets);
    const oracle = await running().createDatabase('oracle');
    const whole = cases.map(
      ({ form, numbers }, at) =>
        `SET NAMES utf8mb4;\n${head(at, form)}${numbers.map((text) => row(at, text)).join('')}`,
    );
    await runScript(vendor, oracle, Buffer.from(table));
    // Some charsets cannot be set, and some bytes are nothing in the charset that they are said to be in.
    await runScript(vendor, oracle, Buffer.from(`SET autocommit = 0;\n${whole.join('')}COMMIT;\n`), [
      '--force',
    ]).catch(() => undefined);
    const byClient = await keptIn(oracle);
    const taken = new Map(
      (await admin.rows(`SELECT at, client FROM ${oracle}.taken`)).map((found: Row) => [
        Number(found['at']),
        String(found['client']),
      ]),
    );

    // Its name is another one in every charset but UTF-8, and so are those of the scripts.
    const ours = running().target(await running().createDatabase('bücher_日'));
    const context = running().context();
    const scripts: Record<string, string> = { '1_table.sql': table };
    const expected = new Map<string, string>();
    const refused = new Set<string>();
    let compared = 0;
    const session = await connect(context, ours, { sqlMode: '', anyCharset: true });
    for (const [at, { charset, form, numbers }] of cases.entries()) {
      const isTaken = taken.get(at) === charset;
      await session.reset();
      if (!isTaken) {
        await expect(session.run(form), form).rejects.toMatchObject({ errno: 1231 });
        continue;
      }
      await session.run(form);
      let script = head(at, form);
      compared += numbers.length;
      for (const text of numbers) {
        const key = `${at}:${text}`;
        const bytes = byClient.get(key);
        if (swallowing.includes(charset) && isRefused(head(at, form) + row(at, text))) {
          refused.add(charset);
        } else if (bytes === undefined) {
          await expect(session.run(row(at, text).slice(0, -2)), `${form} ${row(at, text)}`).rejects.toThrow();
        } else {
          script += row(at, text);
          expected.set(key, bytes);
        }
      }
      scripts[`${at + 2}_é日_${charset}.sql`] = script;
    }
    await session.close();
    await migrate(context, ours, scripts);

    expect(Object.fromEntries(await keptIn(ours.database))).toEqual(Object.fromEntries(expected));
    expect([...refused].sort()).toEqual(swallowing.filter((charset) => charsets.includes(charset)));
    // Of a charset that can hold them (all but a few) every text is compared.
    expect(expected.size).toBeGreaterThan(0.7 * compared);
    const eyes = await look(context, ours);
    const ledger = await eyes.ledger();
    eyes.session.destroy();
    expect(
      ledger.map(({ version, name, state, statements, statementsDone }) => [
        version,
        name,
        state,
        statementsDone - statements,
      ]),
    ).toEqual(
      Object.keys(scripts).map((file) => {
        const [, version = '', name = ''] = /^(\d+)_(.*)\.sql$/.exec(file) ?? [];
        return [version, name, 'applied', 0];
      }),
    );
  });

  test('leaves what the server says readable, and its rows, in every charset', async () => {
    const target = running().target(await running().createDatabase());
    const session = await connect(running().context(), target, { sqlMode: '', anyCharset: true });
    await session.run('CREATE TABLE u (t varchar(20) CHARACTER SET utf8mb4 UNIQUE)');
    await session.run('CREATE TABLE n (n int)');
    const text = '日é€';
    const value = `CONVERT(X'${Buffer.from(text).toString('hex')}' USING utf8mb4)`;
    await session.run(`INSERT INTO u VALUES (${value})`);
    for (const charset of charsets)
      for (const form of forms) {
        const set = await session.run(form(charset)).catch(() => undefined);
        // Deprecated ones are told of; the driver cannot read the rows of some, those of warnings among them.
        const told = await session.rows('SHOW WARNINGS');
        if ((set?.warnings ?? 0) > 0 && !driverCannotRead.has(charset)) expect(told, charset).not.toEqual([]);
        await expect(session.run(`INSERT INTO u VALUES (${value})`), charset).rejects.toThrow(text);
        await session.run('SELECT t FROM u');
        expect((await session.run('INSERT INTO n SELECT CAST(t AS SIGNED) FROM u')).warnings, charset).toBe(
          1,
        );
        const [warning] = await session.rows('SHOW WARNINGS');
        expect(String(warning?.['Message']), charset).toContain(text);
      }
    await session.close();
  });

  test('goes on after a failure in the charset that the script had set, and the next script begins anew', async () => {
    const target = running().target(await running().createDatabase());
    const context = running().context();
    const files = (second: string): Record<string, string> => ({
      '1_a.sql': `CREATE TABLE a (id int PRIMARY KEY, t text CHARACTER SET utf8mb4);
/*!40101 SET NAMES latin1 */;
INSERT INTO a VALUES (1, 'é');
CREATE TABLE b (id int);
INSERT INTO a VALUES (${second}, 'œ');`,
      '2_b.sql': "INSERT INTO a VALUES (3, 'é');",
    });
    const failed = await failureOf(migrate(context, target, files('1 /* é */')));
    expect(failed.message).toContain("INSERT INTO a VALUES (1 /* é */, 'œ')");
    await migrate(context, target, files('2'));
    const rows = await admin.rows(`SELECT GROUP_CONCAT(HEX(t) ORDER BY id) AS t FROM ${target.database}.a`);
    expect(rows).toEqual([{ t: ['C383C2A9', 'C385E2809C', 'C3A9'].join() }]);
  });

  test('of a file in Windows-1252 is refused, and right once that is done which the refusal says', async () => {
    const database = await running().createDatabase();
    const old = await running().createDatabase();
    const text = `CREATE TABLE t (id int PRIMARY KEY, l varchar(60) CHARACTER SET latin1, u text CHARACTER SET utf8mb4);
SET NAMES latin1;
INSERT INTO t VALUES (1, 'Été, 10 €', 'Été, 10 €'), (2, 'Cœur – 3 €', 'Cœur – 3 €');
`;
    const windows = Buffer.from(
      text.replaceAll('€', '\x80').replaceAll('œ', '\x9c').replaceAll('–', '\x96'),
      'latin1',
    );
    await runScript(vendor, old, windows);
    const refused = await failureOf(migrationsInFolder({ '1_t.sql': windows }));
    expect(refused).toMatchObject({ code: 'migration-encoding', exitCode: 3 });
    expect(refused.hint).toContain('SET NAMES latin1');
    await migrate(running().context(), running().target(database), {
      '1_t.sql': text.replace('SET NAMES latin1', 'SET NAMES utf8mb4'),
    });
    const rows = (name: string): Promise<Row[]> =>
      admin.rows(`SELECT id, HEX(l) AS l, HEX(u) AS u FROM ${name}.t ORDER BY id`);
    expect(await rows(database)).toEqual(await rows(old));
  });
});
