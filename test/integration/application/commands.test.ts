import { chmodSync, existsSync, lchownSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { commandEnvironment } from '../../../scripts/application/command-user.ts';
import { checkCommandUser, commandUser, runCommand } from '../../../scripts/application/commands.ts';
import { clearCache, installDependencies } from '../../../scripts/application/deploy-commands.ts';
import { checkApplication, runSmoke } from '../../../scripts/application/health.ts';
import { maintenanceState, setMaintenance } from '../../../scripts/application/maintenance.ts';
import { checkServices, startServices, stopServices } from '../../../scripts/application/services.ts';
import { applyVerb } from '../../../scripts/apply.ts';
import { commandSettings, type Config } from '../../../scripts/config/settings.ts';
import type { Context } from '../../../scripts/core/context.ts';
import { en } from '../../../scripts/messages/en/index.ts';
import { takeLeftTreeBack } from '../../../scripts/release/lend-tree.ts';
import { discardStaged } from '../../../scripts/release/stage.ts';
import { walkTree } from '../../../scripts/release/tree.ts';
import { statusVerb } from '../../../scripts/status.ts';
import { namelessAccount, ownAccount, type SystemAccount } from '../../../scripts/system/process/account.ts';
import { capture } from '../../../scripts/system/process/processes.ts';
import { temporaryFolder, testContext, type TestContext } from '../../helpers/context.ts';
import { failureOf } from '../../helpers/failure.ts';
import { releaseEntries, writePackage, writeTree } from '../../helpers/packages.ts';
import { overWhenThere } from '../../helpers/time-over.ts';
import { verbArguments } from '../../helpers/verbs.ts';

const own = ownAccount();
const isRoot = own.uid === 0;
const ask = async (...words: string[]): Promise<string> =>
  (await capture({ env: process.env }, 'id', words)).stdout.trim();
const nobody: SystemAccount = {
  name: 'nobody',
  uid: Number(await ask('-u', 'nobody')),
  gid: Number(await ask('-g', 'nobody')),
  home: '/nonexistent',
};
const stranger = namelessAccount({ uid: 54_321, gid: 54_322 });
const groupsOf: Readonly<Record<string, string>> = {
  [nobody.name]: await ask('-G', 'nobody'),
  [stranger.name]: String(stranger.gid),
  [own.name]: await ask('-G'),
};

let root: string;
let app: string;
let staged: string;

beforeEach(() => {
  root = temporaryFolder('commands');
  // A temporary folder lets nobody else in.
  chmodSync(root, 0o755);
  app = join(root, 'app');
  staged = join(root, '.app.maj', 'staged-1');
  writeTree(app, { VERSION: '1.0.0\n', '.env': 'SECRET=1' });
  mkdirSync(join(root, '.app.maj'), { mode: 0o700 });
  writeTree(staged, { VERSION: '1.1.0\n', 'lib/a.php': 'x' });
});

/** Gives a tree to a user, if we may: otherwise it stays ours, and its commands run as us. */
async function give(tree: string, { uid, gid }: SystemAccount): Promise<void> {
  if (!isRoot) return;
  lchownSync(tree, uid, gid);
  for await (const { path } of walkTree(tree)) lchownSync(join(tree, path), uid, gid);
}

/** What no command may see, and what it may. */
const env = {
  PATH: process.env['PATH'],
  DB_PASSWORD: 'secret',
  MYSQL_PWD: 'secret',
  NODE_OPTIONS: '--no-warnings',
  BASH_ENV: '/nothing',
  ENV: '/nothing',
  SUDO_COMMAND: 'maj upgrade',
  LANG: 'C.UTF-8',
  TZ: 'Europe/Paris',
};

const contextWith = (config: Partial<Config> = {}): TestContext =>
  testContext({ env, config: { APP_DIR: app, ...config } });

/** Writes who it is, and its environment, where it runs. */
const tell = '{ id -u; id -g; id -G; echo; env; } > told';
const switches = {
  MAINTENANCE_ON: 'touch down',
  MAINTENANCE_OFF: 'rm -f down',
  MAINTENANCE_STATUS: 'test -f down',
};

interface Kind {
  readonly config: Partial<Config>;
  readonly run: (context: Context) => Promise<unknown>;
  readonly tree: () => string;
}

const live = (): string => app;
const kinds: Readonly<Record<string, Kind>> = {
  MAINTENANCE_ON: {
    config: { ...switches, MAINTENANCE_ON: `${tell}; touch down` },
    run: (context) => setMaintenance(context, 'on'),
    tree: live,
  },
  MAINTENANCE_OFF: {
    config: { ...switches, MAINTENANCE_OFF: `${tell}; rm -f down` },
    run: (context) => setMaintenance(context, 'off'),
    tree: live,
  },
  MAINTENANCE_STATUS: {
    config: { ...switches, MAINTENANCE_STATUS: tell },
    run: maintenanceState,
    tree: live,
  },
  APP_SMOKE_COMMAND: { config: { APP_SMOKE_COMMAND: tell }, run: runSmoke, tree: live },
  APP_STOP_COMMAND: {
    config: { APP_STOP_COMMAND: tell, APP_START_COMMAND: 'true' },
    run: stopServices,
    tree: live,
  },
  APP_START_COMMAND: {
    config: { APP_STOP_COMMAND: 'true', APP_START_COMMAND: tell },
    run: startServices,
    tree: live,
  },
  APP_CACHE_COMMAND: { config: { APP_CACHE_COMMAND: tell }, run: clearCache, tree: live },
  APP_DEPENDENCIES_COMMAND: {
    config: { APP_DEPENDENCIES_COMMAND: tell },
    run: (context) => installDependencies(context, staged),
    tree: () => staged,
  },
};

/** What the shell itself puts into an environment. */
const ofShell = /^(PWD|OLDPWD|SHLVL|_)=/;

function told(tree: string): { ids: string[]; environment: Record<string, string> } {
  const [ids = '', environment = ''] = readFileSync(join(tree, 'told'), 'utf8').split('\n\n');
  const lines = environment.split('\n').filter((line) => line !== '' && !ofShell.test(line));
  return {
    ids: ids.split('\n'),
    environment: Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    ),
  };
}

const expected = (account: SystemAccount): ReturnType<typeof told> => ({
  ids: [String(account.uid), String(account.gid), groupsOf[account.name] ?? ''],
  environment: { ...commandEnvironment(account, env) },
});

it.each([env, { ...env, PATH: '' }])(
  'a unit that nobody knows is refused, with or without systemd',
  async (given) => {
    const unit = 'no-such-unit-of-anybody.service';
    const context = testContext({ env: given, config: { APP_SERVICES: [unit] } });
    const failure = await failureOf(checkServices(context));
    expect(failure.exitCode).toBe(2);
    expect(['units-unknown', 'systemctl-failed', 'systemctl-missing']).toContain(failure.code);
    expect(failure.message).toContain('APP_SERVICES');
  },
);

it('every command line of the settings is among those that are tried here', () => {
  expect(Object.keys(kinds).sort()).toEqual([...commandSettings].sort());
});

describe.each<[string, Kind]>(Object.entries(kinds))('%s', (_, { config, run, tree }) => {
  it.each<[string, SystemAccount, Partial<Config>, SystemAccount]>([
    ['the owner of the tree', nobody, {}, nobody],
    ['the owner of the tree, who has no account', stranger, {}, stranger],
    ['APP_USER, whoever owns the tree', nobody, { APP_USER: 'nobody' }, nobody],
    ['whoever owns it, us', own, {}, own],
    ['root, where the setting says so', nobody, { APP_COMMANDS_AS_ROOT: 'yes' }, own],
  ])('runs as %s', async (_who, owner, settings, user) => {
    await give(app, owner);
    await run(contextWith({ ...config, ...settings }));
    expect(told(tree())).toEqual(expected(isRoot ? user : own));
  });
});

it('APP_USER runs the commands of an application that is of root', async () => {
  const { stdout } = await runCommand(contextWith({ APP_USER: 'nobody' }), 'id -u', { cwd: app });
  expect(stdout.trim()).toBe(String(isRoot ? nobody.uid : own.uid));
});

it('where the link to the release is not of root, its owner runs the commands, though the release is', async () => {
  const site = join(root, 'site');
  writeTree(site, { 'releases/1.0.0/VERSION': '1.0.0\n' });
  const { code } = await capture({ env: process.env }, 'ln', ['-s', 'releases/1.0.0', join(site, 'current')]);
  expect(code).toBe(0);
  if (isRoot) lchownSync(join(site, 'current'), stranger.uid, stranger.gid);
  const user = await commandUser(contextWith({ APP_DIR: site, APP_LAYOUT: 'releases' }));
  expect(user.account.uid).toBe(isRoot ? stranger.uid : own.uid);
});

it('a command that becomes another user gets no more rights, not by a setuid program either', async () => {
  await give(app, stranger);
  const { stdout } = await runCommand(contextWith(), 'grep -E "^(NoNewPrivs|CapEff)" /proc/self/status');
  if (isRoot) expect(stdout).toMatch(/CapEff:\s0+\nNoNewPrivs:\s1/);
  else expect(stdout).toMatch(/CapEff:\s0+\n/);
});

it('a command that becomes another user is ended with all that it has started', async () => {
  await give(app, stranger);
  const begun = join(app, 'begun');
  const context = contextWith({ APP_COMMAND_TIMEOUT: overWhenThere(begun) });
  const command = 'sleep 600 & echo $! > child; echo $$ > shell; touch begun; wait';
  const { ended, signal } = await runCommand(context, command, { cwd: app });
  expect([ended, signal]).toEqual(['late', 'SIGTERM']);
  for (const name of ['child', 'shell']) {
    const stat = `/proc/${readFileSync(join(app, name), 'utf8').trim()}/stat`;
    // A zombie where nobody asks for it.
    expect(existsSync(stat) ? readFileSync(stat, 'utf8') : ' Z ').toMatch(/ [ZX] /);
  }
});

describe('is refused before anything is done', () => {
  it.each<[string, (context: Context) => Promise<unknown>]>([
    ['the check', checkCommandUser],
    ['verify app', checkApplication],
    ['maintenance', (context) => setMaintenance(context, 'on')],
    ['apply', (context) => applyVerb.run(context, argumentsOf('1.1.0'))],
  ])('an APP_USER that is not there, by %s', async (_, work) => {
    const { code, exitCode } = await failureOf(work(contextWith({ ...switches, APP_USER: 'no-such-user' })));
    expect([code, exitCode]).toEqual(['user-unknown', 2]);
    expect(existsSync(join(app, 'down'))).toBe(false);
  });

  it('root as APP_USER, where the application is of another', async () => {
    await give(app, nobody);
    const checked = checkCommandUser(contextWith({ ...switches, APP_USER: 'root' }));
    if (isRoot) expect((await failureOf(checked)).message).toContain('belongs to nobody');
    else await checked;
  });

  it('a machine without setpriv', async () => {
    await give(app, nobody);
    const none = join(root, 'none');
    mkdirSync(none);
    const [id] = (await capture({ env: process.env }, 'sh', ['-c', 'command -v id'])).stdout.split('\n');
    await capture({ env: process.env }, 'ln', ['-s', id ?? '', join(none, 'id')]);
    const context = { ...contextWith(switches), env: { PATH: none } };
    if (!isRoot) {
      await checkCommandUser(context);
      return;
    }
    const failure = await failureOf(checkCommandUser(context));
    expect([failure.code, failure.message]).toEqual([
      'setpriv-missing',
      expect.stringContaining('of the package util-linux') as string,
    ]);
  });
});

const argumentsOf = (...positionals: string[]): Parameters<typeof applyVerb.run>[1] =>
  verbArguments(positionals);

it('what the dependencies command makes as another user comes into the release, without its setuid bit', async () => {
  rmSync(join(root, '.app.maj'), { recursive: true });
  await give(app, stranger);
  writePackage(join(root, 'packages'), 'app-1.1.0.tar.gz', releaseEntries('1.1.0', { 'lib/a.php': 'x' }));
  const APP_DEPENDENCIES_COMMAND =
    'mkdir "$PWD/vendor" && id -u > "$PWD/vendor/uid" && cat .env > vendor/seen && chmod 4755 vendor/uid && echo >> lib/a.php';
  const config = { UPDATE_SOURCE: join(root, 'packages'), APP_DEPENDENCIES_COMMAND };
  await applyVerb.run(contextWith(config), argumentsOf('1.1.0'));
  const { uid, gid } = isRoot ? stranger : own;
  expect(readFileSync(join(app, 'vendor/uid'), 'utf8').trim()).toBe(String(uid));
  expect(readFileSync(join(app, 'vendor/seen'), 'utf8')).toBe('SECRET=1');
  for (const path of ['', 'lib/a.php', 'vendor', 'vendor/uid'])
    expect(statSync(join(app, path))).toMatchObject({ uid, gid });
  if (isRoot) expect(statSync(join(app, 'vendor/uid')).mode & 0o7777).toBe(0o755);
  expect(statSync(join(root, '.app.maj'))).toMatchObject({ uid: own.uid, mode: 0o40700 });
});

it('a tree that a killed run has left to the user of its commands is root’s again before it is removed', async () => {
  const area = join(root, '.app.maj');
  await give(staged, stranger);
  chmodSync(area, 0o710);
  const { ino } = statSync(staged);
  if (isRoot) {
    await takeLeftTreeBack(staged);
    for (const path of ['', 'lib', 'lib/a.php'])
      expect(statSync(join(staged, path))).toMatchObject({ uid: 0, gid: 0 });
    expect(statSync(area).mode & 0o777).toBe(0o700);
  }
  expect(statSync(staged).ino).toBe(ino);
  await discardStaged({ folder: staged });
  expect(existsSync(staged)).toBe(false);
});

describe('maj status', () => {
  it.each<[string, Partial<Config>, string]>([
    ['the owner', {}, 'nobody (the owner of the application)'],
    ['APP_USER', { APP_USER: 'nobody' }, 'nobody (APP_USER)'],
    [
      'the setting',
      { APP_COMMANDS_AS_ROOT: 'yes' },
      `${own.name} (APP_COMMANDS_AS_ROOT: whoever can write to the application becomes root)`,
    ],
  ])('says who runs the commands, by %s', async (_, config, who) => {
    await give(app, nobody);
    const result = await statusVerb.run(contextWith(config), argumentsOf());
    expect(result.text(en).find((line) => line.startsWith('commands'))).toBe(
      `commands     run as ${isRoot ? who : `${own.name} (the user that runs maj)`}`,
    );
  });
});
