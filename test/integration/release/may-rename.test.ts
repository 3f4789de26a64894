import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MajError } from '../../../scripts/core/errors.ts';
import { prepareSwitch } from '../../../scripts/release/prepare.ts';
import { stagePackage } from '../../../scripts/release/stage.ts';
import { applyMoves } from '../../../scripts/release/switch.ts';
import type { StagedRelease } from '../../../scripts/release/types.ts';
import { asAUser, maj } from '../../helpers/cli.ts';
import { temporaryFolder, testContext, type TestContext } from '../../helpers/context.ts';
import { failureOf } from '../../helpers/failure.ts';
import { releaseEntries, writePackage, writeTree } from '../../helpers/packages.ts';

let root: string;
let disk: string;
let app: string;
let context: TestContext;
const mounts: string[] = [];

const mount = (point: string): void => {
  mkdirSync(point, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m,mode=755', 'tmpfs', point]);
  mounts.push(point);
};

/** Root may write anywhere but here. */
const makeReadOnly = (point: string): void => void execFileSync('mount', ['-o', 'remount,ro', point]);

const release = (): string =>
  writePackage(join(root, 'packages'), 'app-1.1.0.tgz', releaseEntries('1.1.0', { 'index.php': 'y' }));

const stage = (): Promise<StagedRelease> => stagePackage(context, release(), { runId: 'run' });

beforeEach(() => {
  root = temporaryFolder('may-rename');
  disk = join(root, 'disk');
  app = join(disk, 'app');
  mkdirSync(join(root, 'project'));
});

afterEach(() => {
  for (const point of mounts.splice(0).reverse()) execFileSync('umount', ['-l', point]);
});

const contextFor = (APP_LAYOUT: 'in-place' | 'releases'): TestContext =>
  testContext({
    projectDir: join(root, 'project'),
    config: { APP_DIR: app, APP_LAYOUT, APP_PERSIST: ['.env', 'uploads', 'var/data', 'var/logs'] },
  });

/** What is installed, as something else than maj installs it. */
function install(tree: string): void {
  writeTree(tree, { VERSION: '1.0.0\n', 'index.php': 'x' });
  context = contextFor(tree === app ? 'in-place' : 'releases');
}

describe('what a switch could not rename is refused before anything is unpacked', () => {
  it('in place: by the folders, ours and those of what persists, and by whom', async () => {
    mount(disk);
    install(app);
    writeTree(app, { '.env': 'x', 'uploads/a.jpg': 'jpg', 'var/data/b': 'b' });
    symlinkSync('/elsewhere', join(app, 'var', 'logs'));
    makeReadOnly(disk);

    const failure = await failureOf(stage());

    expect([failure.code, failure.exitCode]).toEqual(['may-not-rename', 3]);
    const within = ['uploads', 'var', 'var/data'].map((path) => join(app, path));
    expect(closedIn(failure).sort()).toEqual([disk, app, ...within]);
    expect(failure.message).toContain(`maj runs as ${userInfo().username}`);
    expect(failure.message).not.toContain('logs');
  });

  it('among releases: APP_DIR, the releases and our own folder, but not the release that runs', async () => {
    mount(disk);
    install(join(app, 'releases', '1.0.0'));
    symlinkSync('releases/1.0.0', join(app, 'current'));
    mkdirSync(join(app, '.maj'));
    makeReadOnly(disk);

    const failure = await failureOf(stage());

    expect(failure.code).toBe('may-not-rename');
    expect(closedIn(failure).sort()).toEqual([app, join(app, '.maj'), join(app, 'releases')]);
  });

  it('to its owner, too, who has taken the permission from himself', async () => {
    install(app);
    writeTree(app, { 'uploads/a.jpg': 'jpg', 'var/data/b': 'b' });
    chmodSync(join(app, 'uploads'), 0o555);
    writeFileSync(join(root, 'project', '.env'), `APP_DIR=${app}\nAPP_PERSIST=uploads,var/data\n`);
    const call = () => maj(join(root, 'project'), ['apply', release(), '--plan'], { through: asAUser });

    const refused = await call();
    expect(refused.code, refused.stderr).toBe(3);
    expect(refused.stderr).toContain(`${app}/uploads: EACCES`);
    expect(refused.stderr).not.toContain('var/data');
    expect(readdirSync(disk)).toEqual(['app']);

    chmodSync(join(app, 'uploads'), 0o755);
    const allowed = await call();
    expect(allowed.code, allowed.stderr).toBe(0);
  });
});

describe('what a switch does not rename may be closed', () => {
  it('what a persistent link leads to', async () => {
    mount(disk);
    app = join(root, 'app');
    install(app);
    symlinkSync(disk, join(app, 'uploads'));
    makeReadOnly(disk);

    await applyMoves(await prepareSwitch(context, await stage()));

    expect(readFileSync(join(app, 'VERSION'), 'utf8')).toBe('1.1.0\n');
    expect(readlinkSync(join(app, 'uploads'))).toBe(disk);
  });

  it('what releases share', async () => {
    app = join(root, 'app');
    install(join(app, 'releases', '1.0.0'));
    symlinkSync('releases/1.0.0', join(app, 'current'));
    mount(join(app, 'shared'));
    mkdirSync(join(app, 'shared', 'uploads'));
    makeReadOnly(join(app, 'shared'));

    await applyMoves(await prepareSwitch(context, await stage()));

    expect(readFileSync(join(app, 'current', 'VERSION'), 'utf8')).toBe('1.1.0\n');
    expect(existsSync(join(app, 'current', 'uploads'))).toBe(true);
  });
});

/** The folders that an error lists, a line each. */
function closedIn(failure: MajError): string[] {
  return [...failure.message.matchAll(/^ +(\/.*?): EROFS/gm)].map(([, path]) => path ?? '');
}
