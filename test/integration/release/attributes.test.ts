import { execFileSync } from 'node:child_process';
import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { applyVerb } from '../../../scripts/apply.ts';
import { completeStaged } from '../../../scripts/release/copy/complete-staged.ts';
import { prepareSwitch } from '../../../scripts/release/prepare.ts';
import { stagePackage } from '../../../scripts/release/stage.ts';
import { applyMoves, undoMoves } from '../../../scripts/release/switch.ts';
import { attributePicture, makeAttributed } from '../../helpers/attributes.ts';
import { temporaryFolder, testContext, type TestContext } from '../../helpers/context.ts';
import { releaseEntries, writePackage } from '../../helpers/packages.ts';
import { verbArguments } from '../../helpers/verbs.ts';

/** The installed application, its tree, and a context. */
interface Installed {
  readonly context: TestContext;
  readonly packages: string;
  readonly tree: () => string;
}

const layouts = ['in-place', 'releases'] as const;

async function install(layout: (typeof layouts)[number]): Promise<Installed> {
  const root = temporaryFolder('attributes');
  const app = join(root, 'www', 'app');
  const packages = join(root, 'packages');
  mkdirSync(join(root, 'www'));
  // As an administrator sets it once for everything that is served.
  execFileSync('setfacl', ['-m', 'd:u:44:rwx', join(root, 'www')]);
  const config = {
    APP_DIR: app,
    UPDATE_SOURCE: packages,
    APP_LAYOUT: layout,
    APP_PERSIST: ['uploads'],
  };
  const context = testContext({ config });
  release(packages, '1.0.0');
  await applyVerb.run(context, verbArguments(['1.0.0']));
  return { context, packages, tree: () => realpathSync(layout === 'in-place' ? app : join(app, 'current')) };
}

const release = (folder: string, version: string, files: Readonly<Record<string, string>> = {}): string =>
  writePackage(
    folder,
    `app-${version}.tar.gz`,
    releaseEntries(version, { 'cache/a.php': 'of the release', 'uploads/sample': 'x', ...files }),
  );

/** The attributes of everything in a tree, by path; `#` tells those in one folder. */
const below = (picture: Readonly<Record<string, string>>, folder: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(picture).filter(([path]) => path === folder || path.startsWith(`${folder}/`)),
  );

const aclOf = (path: string): string =>
  execFileSync('getfacl', ['-n', '-c', '-p', '--', path], { encoding: 'utf8' });

describe.each(layouts)('an upgrade %s', (layout) => {
  it('keeps what files have beside their content, and its roll-back does', async () => {
    const { context, packages, tree } = await install(layout);
    makeAttributed(join(tree(), 'yours'));
    makeAttributed(join(tree(), 'uploads', 'yours'));
    execFileSync('setfacl', ['-m', 'u:33:rwx,d:u:33:rwx', join(tree(), 'uploads')]);
    execFileSync('setfacl', ['-m', 'u:33:rwx,d:u:33:rwx', join(tree(), 'cache')]);
    execFileSync('setfacl', ['-m', 'u:33:rw,m::rw', join(tree(), 'cache', 'a.php')]);
    const before = attributePicture(tree());
    const uploads = attributePicture(realpathSync(join(tree(), 'uploads')));

    const file = release(packages, '1.1.0', { 'cache/new/b.php': 'new' });
    const staged = await stagePackage(context, file, { runId: 'run' });
    const completed = await completeStaged(context, staged);
    // Made while the tree was prepared: it comes along in the window, into folders that have their lists by then.
    makeAttributed(join(tree(), 'cache', 'late'));
    const late = below(attributePicture(tree()), 'cache/late');
    const plan = await prepareSwitch(context, staged, completed);
    await applyMoves(plan);

    const after = attributePicture(tree());
    expect(below(after, 'yours')).toEqual(below(before, 'yours'));
    expect(below(after, 'cache/late')).toEqual(late);
    expect(after['cache']).toBe(before['cache']);
    expect(after['cache/a.php']).toBe(before['cache/a.php']);
    expect(after['.']).toBe(before['.']);
    // As if it had been made there.
    expect(aclOf(join(tree(), 'cache', 'new'))).toContain('default:user:33:rwx');
    expect(aclOf(join(tree(), 'cache', 'new', 'b.php'))).toMatch(/user:33:rwx\s+#effective:r--/);
    expect(attributePicture(realpathSync(join(tree(), 'uploads')))).toEqual(uploads);

    await undoMoves(plan);
    expect(below(attributePicture(tree()), 'yours')).toEqual(below(before, 'yours'));
    expect(attributePicture(tree())['cache']).toBe(before['cache']);
    expect(attributePicture(realpathSync(join(tree(), 'uploads')))).toEqual(uploads);
  });
});
