import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../../scripts/config/types.ts';
import { MajError } from '../../../scripts/core/errors.ts';
import { withSession } from '../../../scripts/database/session/session.ts';
import { sqlErrorOf } from '../../../scripts/database/session/sql-error.ts';
import { rehearse } from '../../../scripts/rehearsal/rehearse.ts';
import { servers, useServer } from '../../helpers/servers.ts';

const makesTable = 'CREATE TABLE a (id INT PRIMARY KEY, v INT)';
const makesTrigger = 'CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW SET NEW.v = 1';

/** What lets an account make a trigger on a server with a binary log, and what does not. */
const kinds: readonly (readonly [name: string, trusting: 'ON' | 'OFF', isPowerful: boolean, may: boolean])[] =
  [
    ['the server trusts nobody', 'OFF', false, false],
    ['the server trusts who makes them', 'ON', false, true],
    ['the account may do more', 'OFF', true, true],
  ];

describe.each(servers)('on $name with a binary log', (server) => {
  const running = useServer(server, { binaryLog: true });
  const password = 'as-it-is-live';

  test.each(kinds)('a trigger is made on the copy as live: %s', async (_, trusting, isPowerful, may) => {
    const admin = await running().adminSession();
    for (const statement of [
      'DROP DATABASE IF EXISTS app',
      'CREATE DATABASE app CHARACTER SET utf8mb4',
      'DROP USER IF EXISTS clerk@localhost',
      `CREATE USER clerk@localhost IDENTIFIED BY '${password}'`,
      'GRANT ALL ON app.* TO clerk@localhost',
      'GRANT PROCESS ON *.* TO clerk@localhost',
      // What the server would not make for everybody (1418): it was made before, and has to be proven.
      'SET GLOBAL log_bin_trust_function_creators = ON',
      'CREATE DEFINER = clerk@localhost FUNCTION app.f() RETURNS INT RETURN 1',
      `SET GLOBAL log_bin_trust_function_creators = ${trusting}`,
      ...(isPowerful ? ['GRANT SUPER ON *.* TO clerk@localhost'] : []),
    ])
      await admin.run(statement);
    const clerk = { DB_NAME: 'app', DB_USER: 'clerk', DB_PASSWORD: new Secret(password) };
    const context = running().context(clerk);
    const folder = join(context.projectDir, 'migrations');
    await mkdir(folder);
    await writeFile(join(folder, '001_trigger.sql'), `${makesTable};\n${makesTrigger};\n`);

    const onCopy = await outcome(() => rehearse(context, folder));
    const target = { ...running().target('app'), user: 'clerk', password: new Secret(password) };
    const live = await outcome(() =>
      withSession(context, target, async (session) => {
        await session.run(makesTable);
        await session.run(makesTrigger);
      }),
    );
    expect([onCopy, live]).toEqual(may ? ['done', 'done'] : ['1419', '1419']);
  });
});

/** `done`, or the number of the server's error. */
async function outcome(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
    return 'done';
  } catch (error) {
    if (error instanceof MajError && error.code === 'dry-run-failed')
      return /failed: (\d+)/.exec(error.message)?.[1] ?? error.message;
    return String(sqlErrorOf(error)?.errno ?? error);
  }
}
