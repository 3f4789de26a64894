import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withSession } from '../../../scripts/database/session/session.ts';
import {
  baselineScripts,
  refuseUnknownHistory,
  writeBaseline,
} from '../../../scripts/migrations/baseline.ts';
import { planLive } from '../../../scripts/migrations/read-plan.ts';
import { rehearseVerb } from '../../../scripts/rehearse.ts';
import { temporaryFolder } from '../../helpers/context.ts';
import { migrationsOf } from '../../helpers/migrations.ts';
import { writeTree } from '../../helpers/packages.ts';
import { servers, useServer } from '../../helpers/servers.ts';
import { verbArguments } from '../../helpers/verbs.ts';
import { migrateCaller } from './helpers.ts';

const migrations = migrationsOf({
  '001_users.sql': 'CREATE TABLE users (id INT PRIMARY KEY);',
  '002_orders.sql': 'CREATE TABLE orders (id INT PRIMARY KEY);',
  '003_bills.sql': 'CREATE TABLE bills (id INT PRIMARY KEY);',
});
const runner = { runId: 'r', appliedBy: 'test' };

test('a baseline takes the scripts up to a version, none for 0, and refuses a version that there is not', () => {
  expect(baselineScripts(migrations, '2', 'folder').map(({ file }) => file)).toEqual([
    '001_users.sql',
    '002_orders.sql',
  ]);
  expect(baselineScripts(migrations, '0', 'folder')).toEqual([]);
  for (const version of ['4', 'x', '']) {
    expect(() => baselineScripts(migrations, version, 'folder')).toThrow(
      expect.objectContaining({ code: 'baseline-version' }),
    );
  }
});

describe.each(servers)('on $name', (server) => {
  const running = useServer(server);

  test('a database with tables and no ledger is refused until a baseline says what it has been through', async () => {
    const database = await running().createDatabase();
    const context = running().context({ DB_NAME: database });
    const target = running().target(database);
    const check = (): Promise<void> =>
      withSession(context, target, (session) => refuseUnknownHistory(session, database));
    await check();
    await withSession(context, target, (session) => session.run('CREATE TABLE users (id INT PRIMARY KEY)'));
    await expect(check()).rejects.toMatchObject({ code: 'history-unknown', exitCode: 3 });

    await writeBaseline(context, target, baselineScripts(migrations, '001', 'folder'), runner);
    await check();
    const plan = await planLive(context, migrations);
    expect(plan.applied.map(({ version }) => version)).toEqual(['001']);
    expect(plan.pending.map(({ version }) => version)).toEqual(['002', '003']);
    expect(plan.problems).toEqual([]);
    await expect(writeBaseline(context, target, migrations, runner)).rejects.toMatchObject({
      code: 'baseline-not-empty',
    });
  });

  test('what an application has been through is said though another user may write to its scripts: they are only read', async () => {
    const database = await running().createDatabase();
    const app = join(temporaryFolder('app'), 'app');
    writeTree(app, {
      VERSION: '1.0.0\n',
      'migrations/001_users.sql': 'CREATE TABLE users (id INT PRIMARY KEY);',
      'migrations/002_orders.sql': 'CREATE TABLE orders (id INT PRIMARY KEY);',
    });
    chmodSync(app, 0o777);
    const context = running().context({ DB_NAME: database, APP_DIR: app });
    await withSession(context, running().target(database), (session) =>
      session.run('CREATE TABLE users (id INT PRIMARY KEY)'),
    );
    const { call } = migrateCaller(context);
    await call(['baseline', '001']);
    expect((await call(['status'])).data).toMatchObject({
      migrations: [
        { version: '001', state: 'applied' },
        { version: '002', state: 'pending' },
      ],
    });
    const sum = 'a'.repeat(64);
    await call(['accept', '001'], { sha256: sum, because: 'it was read' });
    for (const words of [[], ['resume']])
      await expect(call(words)).rejects.toMatchObject({ code: 'migrations-of-another', exitCode: 2 });
    await expect(rehearseVerb.run(context, verbArguments())).rejects.toMatchObject({
      code: 'migrations-of-another',
    });
  });
});
