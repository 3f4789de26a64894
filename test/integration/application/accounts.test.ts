import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  checkAccounts,
  lockAccounts,
  readLockedAccounts,
  unlockAccounts,
} from '../../../scripts/application/accounts.ts';
import { keepClosed } from '../../../scripts/application/maintenance.ts';
import { stopServices } from '../../../scripts/application/services.ts';
import { en } from '../../../scripts/messages/en/index.ts';
import { describeError } from '../../../scripts/messages/catalogue.ts';
import { Secret } from '../../../scripts/config/types.ts';
import { connect, type Session } from '../../../scripts/database/session/session.ts';
import { allowLocking, lockedOf } from '../../helpers/account-locks.ts';
import { temporaryFolder, testContext, type TestContext } from '../../helpers/context.ts';
import { failureOf } from '../../helpers/failure.ts';
import { servers, useServer } from '../../helpers/servers.ts';

const password = new Secret('secret');

describe.each(servers)('the accounts of an application, on $name,', (server) => {
  const running = useServer(server);
  let database: string;
  let projectDir: string;
  let admin: Session;

  const contextWith = (names: readonly string[], user = 'maj_tool'): TestContext => {
    const { config } = running().context({ DB_NAME: database, DB_USER: user, DB_PASSWORD: password });
    return testContext({ projectDir, config: { ...config, APP_DB_ACCOUNTS: names } });
  };
  const logIn = (): Promise<Session> =>
    connect(testContext(), { ...running().target(database), user: 'shop', password });

  beforeEach(async () => {
    database = await running().createDatabase();
    projectDir = temporaryFolder('project');
    admin = await running().adminSession();
    for (const user of [
      "shop@'localhost'",
      "shop@'10.0.0.5'",
      "maj_tool@'localhost'",
      "maj_poor@'localhost'",
    ]) {
      await admin.run(`DROP USER IF EXISTS ${user}`);
      await admin.run(`CREATE USER ${user} IDENTIFIED BY 'secret'`);
      await admin.run(`GRANT ALL ON ${database}.* TO ${user}`);
    }
    await allowLocking(admin, "maj_tool@'localhost'");
  });

  test('are locked and their connections ended, until they are unlocked', async () => {
    const context = contextWith(['shop']);
    await checkAccounts(context);
    const working = await logIn();
    await working.run('START TRANSACTION');
    expect(await lockAccounts(context)).toBe(true);
    await expect(working.run('DO 1')).rejects.toThrow();
    expect((await failureOf(logIn())).message).toMatch(/locked/i);
    expect(await lockedOf(admin, 'shop')).toHaveLength(2);
    expect((await readLockedAccounts(context))?.accounts).toHaveLength(2);

    await unlockAccounts(context);
    await (await logIn()).close();
    expect(await lockedOf(admin, 'shop')).toEqual([]);
    expect(await readLockedAccounts(context)).toBeUndefined();
  });

  test('of which one was locked before: that one stays locked, also where locking was cut off and done again', async () => {
    await admin.run("ALTER USER shop@'10.0.0.5' ACCOUNT LOCK");
    for (let again = 0; again < 2; again += 1) await lockAccounts(contextWith(['shop']));
    expect(await lockedOf(admin, 'shop')).toHaveLength(2);
    // Whoever goes on need not have the setting any more.
    await unlockAccounts(contextWith([]));
    expect(await lockedOf(admin, 'shop')).toEqual(['shop@10.0.0.5, locked']);
  });

  test('of which one is removed meanwhile are unlocked all the same', async () => {
    const context = contextWith(['shop']);
    await lockAccounts(context);
    await admin.run("DROP USER shop@'10.0.0.5'");
    await unlockAccounts(context);
    expect(await lockedOf(admin, 'shop')).toEqual([]);
  });

  test('of which one cannot be locked, as MySQL protects a SYSTEM_USER: what was locked is unlocked all the same', async () => {
    const context = contextWith(['shop']);
    if (admin.server.flavour === 'mysql') {
      await admin.run("GRANT SYSTEM_USER ON *.* TO shop@'localhost'");
      await expect(lockAccounts(context)).rejects.toThrow();
      expect(await lockedOf(admin, 'shop')).toEqual(['shop@10.0.0.5, locked']);
    } else await lockAccounts(context);

    await unlockAccounts(context);
    expect(await lockedOf(admin, 'shop')).toEqual([]);
    expect(await readLockedAccounts(context)).toBeUndefined();
  });

  test('are unlocked for a stop command that needs them, where an earlier try has locked them', async () => {
    const context = contextWith(['shop']);
    await lockAccounts(context);
    const marker = join(projectDir, 'stopped');
    // It needs the database by what it finds of the lock.
    const stop = `test ! -e ${join(projectDir, '.maj', 'locked-accounts.json')} && touch ${marker}`;
    const config = {
      ...context.config,
      APP_DIR: projectDir,
      APP_STOP_COMMAND: stop,
      APP_START_COMMAND: 'true',
    };
    const stopping = testContext({ projectDir, config, env: { PATH: process.env['PATH'] } });
    expect(await stopServices(stopping)).toBe(true);
    expect(existsSync(marker)).toBe(true);
    expect(await lockedOf(admin, 'shop')).toHaveLength(2);

    const failing = { ...config, APP_STOP_COMMAND: 'false' };
    await expect(stopServices(testContext({ projectDir, config: failing }))).rejects.toThrow();
    expect(await lockedOf(admin, 'shop')).toHaveLength(2);
    await unlockAccounts(context);
  });

  test('are unlocked for commands of maintenance that need them, where it has to be put on again in the window', async () => {
    const context = contextWith(['shop']);
    await lockAccounts(context);
    const canAsk = `test ! -e ${join(projectDir, '.maj', 'locked-accounts.json')}`;
    const marker = join(projectDir, 'down');
    const closing = testContext({
      projectDir,
      config: {
        ...context.config,
        APP_DIR: projectDir,
        MAINTENANCE_ON: `${canAsk} && touch ${marker}`,
        MAINTENANCE_OFF: `${canAsk} && rm ${marker}`,
        MAINTENANCE_STATUS: `${canAsk} && test -e ${marker}`,
      },
      env: { PATH: process.env['PATH'] },
    });
    for (let again = 0; again < 2; again += 1) await keepClosed(closing, 'test');
    expect(existsSync(marker)).toBe(true);
    expect(await lockedOf(admin, 'shop')).toHaveLength(2);
    await unlockAccounts(context);
  });

  test('are left alone where none are set', async () => {
    const context = contextWith([], 'maj_poor');
    await checkAccounts(context);
    expect(await lockAccounts(context)).toBe(false);
    await unlockAccounts(context);
    expect(context.events).toEqual([]);
  });

  test('that cannot be locked are refused before anything is done, with what helps', async () => {
    const refusal = async (names: readonly string[], user?: string): Promise<string> => {
      const failure = await failureOf(checkAccounts(contextWith(names, user)));
      expect(failure.exitCode).toBe(2);
      const { message, hint } = describeError(failure, en);
      return `${message} ${hint}`;
    };
    const poor = await refusal(['shop'], 'maj_poor');
    expect(poor).toContain(
      'maj_poor@localhost may not lock those accounts: it needs CREATE USER, PROCESS, CONNECTION',
    );
    // What the message says is what it takes.
    for (const grant of poor.match(/GRANT .+? TO '\w+'@'\w+'/g) ?? []) await admin.run(grant);
    await checkAccounts(contextWith(['shop'], 'maj_poor'));
    expect(await refusal(['shop', 'nobody_here'])).toContain('no account named nobody_here');
    expect(await refusal(['shop', 'maj_tool'])).toContain('Give maj an account of its own');
    expect(await lockedOf(admin, 'shop')).toEqual([]);
  });
});
