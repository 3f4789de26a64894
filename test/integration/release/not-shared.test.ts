import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { applyVerb } from '../../../scripts/apply.ts';
import type { Config } from '../../../scripts/config/settings.ts';
import { describeError } from '../../../scripts/messages/catalogue.ts';
import { en } from '../../../scripts/messages/en/index.ts';
import { completeStaged } from '../../../scripts/release/copy/complete-staged.ts';
import { stagePackage } from '../../../scripts/release/stage.ts';
import { planUpgrade } from '../../../scripts/upgrade/plan.ts';
import { temporaryFolder, testContext, type TestContext } from '../../helpers/context.ts';
import { failureOf } from '../../helpers/failure.ts';
import { releaseEntries, treePrint, writePackage, writeTree } from '../../helpers/packages.ts';
import { servers, useServer } from '../../helpers/servers.ts';
import { verbArguments } from '../../helpers/verbs.ts';

const [server] = servers;
if (server === undefined) throw new Error('there is no server');
const running = useServer(server);

let root: string;
let app: string;

beforeEach(() => {
  root = temporaryFolder('not-shared');
  app = join(root, 'www', 'app');
  mkdirSync(join(root, 'project'));
  for (const version of ['1.0.0', '1.1.0'])
    writePackage(
      join(root, 'packages'),
      `app-${version}.tgz`,
      releaseEntries(version, { 'uploads/.gitkeep': '' }),
    );
});

const contextWith = (config: Partial<Config> = {}): TestContext =>
  testContext({
    projectDir: join(root, 'project'),
    config: { APP_DIR: app, APP_LAYOUT: 'releases', UPDATE_SOURCE: join(root, 'packages'), ...config },
  });

/** An upgrade asks the database for the program that dumps it before it looks at a package. */
async function withDatabase(context: TestContext): Promise<TestContext> {
  const { config } = running().context({ DB_NAME: await running().createDatabase('app') });
  return { ...context, config: { ...config, ...context.config, ...databaseOf(config) } };
}

const databaseOf = ({ DB_SOCKET, DB_NAME, DB_USER, CLIENT_BIN_DIR }: Config): Partial<Config> => ({
  DB_SOCKET,
  DB_NAME,
  DB_USER,
  CLIENT_BIN_DIR,
});

const apply = (context: TestContext, version: string, plan = false): ReturnType<typeof applyVerb.run> =>
  applyVerb.run(context, verbArguments([version], plan ? { plan } : {}));

/** A release that something else has installed, with all of its files in it. */
function installByHand(): void {
  writeTree(join(app, 'releases', '1.0.0'), { VERSION: '1.0.0', '.env': 'S=1', 'uploads/a.jpg': 'jpg' });
  symlinkSync('releases/1.0.0', join(app, 'current'));
}

it.each<[string, (context: TestContext) => Promise<unknown>]>([
  ['maj apply', (context) => apply(context, '1.1.0')],
  ['maj apply --plan', (context) => apply(context, '1.1.0', true)],
  ['maj upgrade --plan', async (context) => planUpgrade(await withDatabase(context), '1.1.0')],
])('%s refuses a release with persistent paths of its own, and its commands put it right', async (_, act) => {
  installByHand();
  const before = treePrint(app);
  const failure = await failureOf(act(contextWith()));
  expect([failure.code, failure.exitCode]).toEqual(['not-shared', 3]);
  for (const path of ['.env', 'uploads']) expect(failure.message).toContain(join('releases', '1.0.0', path));
  expect(readdirSync(join(app, '.maj'))).toEqual([]);
  expect({ ...treePrint(app), '.maj/': undefined }).toEqual({ ...before, '.maj/': undefined });

  const commands = describeError(failure, en)
    .hint.split('\n')
    .filter((line) => line.startsWith('  '));
  execFileSync('sh', ['-e', '-c', commands.join('\n')]);
  await apply(contextWith(), '1.1.0');
  expect(readFileSync(join(app, 'current', 'uploads', 'a.jpg'), 'utf8')).toBe('jpg');
  expect(readFileSync(join(app, 'current', '.env'), 'utf8')).toBe('S=1');
  expect(readFileSync(join(app, 'releases', '1.0.0', 'uploads', 'a.jpg'), 'utf8')).toBe('jpg');
});

it('a path that is added to APP_PERSIST has to be shared first', async () => {
  mkdirSync(app, { recursive: true });
  await apply(contextWith(), '1.0.0');
  writeTree(join(app, 'current', 'documents'), { 'invoice.pdf': 'pdf' });
  const context = contextWith({ APP_PERSIST: ['uploads', '.env', 'documents'] });
  expect((await failureOf(apply(context, '1.1.0'))).code).toBe('not-shared');
  expect(existsSync(join(app, 'current', 'documents', 'invoice.pdf'))).toBe(true);
});

it('a persistent file that the application makes in the release while the next one is staged is seen, too', async () => {
  mkdirSync(app, { recursive: true });
  await apply(contextWith(), '1.0.0');
  const context = contextWith();
  const staged = await stagePackage(context, join(root, 'packages', 'app-1.1.0.tgz'), { runId: 'run' });
  writeTree(join(app, 'current'), { '.env': 'S=1' });
  expect((await failureOf(completeStaged(context, staged))).code).toBe('not-shared');
});
