import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { adoptReleaseVerb } from '../../../scripts/adopt-release.ts';
import type { Config } from '../../../scripts/config/settings.ts';
import { en } from '../../../scripts/messages/en/index.ts';
import type { AdoptedRelease } from '../../../scripts/release/adopt.ts';
import { stagePackage } from '../../../scripts/release/stage.ts';
import { applyAlone } from '../../../scripts/upgrade/apply-package.ts';
import { temporaryFolder, testContext, type TestContext } from '../../helpers/context.ts';
import { failureOf } from '../../helpers/failure.ts';
import { treePrint, writePackage, writeTree, type TarEntry } from '../../helpers/packages.ts';
import { verbArguments } from '../../helpers/verbs.ts';

type Layout = Config['APP_LAYOUT'];

let root: string;
let packages: string;
let context: TestContext;
/** The tree that runs, by the path that the web server has. */
let live: string;

/** What the first release holds, and how whoever installed it has set it: nobody else may read it. */
const released = {
  'index.php': 'index of 1.0.0',
  'lib/a.php': 'a',
  'lib/dropped.php': 'not in 1.1.0',
  'plugins/theirs/main.php': 'theirs',
};
/** What was put there since, and nobody told maj of. */
const own = {
  'upload/2024/photo.jpg': 'photo',
  'upload/2025/photo.jpg': 'photo',
  'plugins/mine/main.php': 'mine',
  'conf/local.php': 'local',
  'robots.txt': 'mine',
};
const coming = {
  'index.php': 'index of 1.1.0',
  'lib/a.php': 'a',
  'lib/new.php': 'new',
  'lib/later/deep/new.php': 'in folders that are new',
  'plugins/theirs/main.php': 'theirs',
};

const entriesOf = (version: string, files: Readonly<Record<string, string>>): TarEntry[] =>
  Object.entries({ VERSION: `${version}\n`, ...files }).map(([name, content]) => ({
    name,
    content,
    mode: 0o664,
  }));

const packageOf = (version: string, files: Readonly<Record<string, string>>, name = 'app'): string =>
  writePackage(packages, `${name}-${version}.tgz`, entriesOf(version, files));

/** Installs the first release without maj: as `tar` and `chmod` do. */
function install(layout: Layout): void {
  root = temporaryFolder('adopt');
  packages = join(root, 'packages');
  const app = join(root, 'www', 'app');
  const tree = layout === 'in-place' ? app : join(app, 'releases', 'first');
  live = layout === 'in-place' ? app : join(app, 'current');
  mkdirSync(join(root, 'project'));
  writeTree(tree, { VERSION: '1.0.0\n', ...released, ...own });
  mkdirSync(join(tree, 'cache', 'empty'), { recursive: true });
  symlinkSync('../index.php', join(tree, 'cache', 'link'));
  execFileSync('chmod', ['-R', 'u=rwX,g=rX,o=', tree]);
  if (layout === 'releases') symlinkSync(join('releases', 'first'), live);
  packageOf('1.0.0', released);
  packageOf('1.1.0', coming);
  context = testContext({
    projectDir: join(root, 'project'),
    config: { APP_DIR: app, APP_LAYOUT: layout, APP_PERSIST: [], UPDATE_SOURCE: packages },
  });
}

const adopt = async (...words: readonly string[]): Promise<{ data: AdoptedRelease; text: string }> => {
  const result = await adoptReleaseVerb.run(context, verbArguments(words));
  return { data: result.data as AdoptedRelease, text: result.text(en).join('\n') };
};

async function upgrade(): Promise<void> {
  const staged = await stagePackage(context, join(packages, 'app-1.1.0.tgz'), { runId: 'up' });
  await applyAlone(context, staged, 'unmanaged');
}

const said = (name: string): unknown =>
  context.events.flatMap((event) => ('note' in event && event.note === name ? [event.facts] : [])).at(-1);

/** The modes of files and folders, these with a slash. */
const modesOf = (): ReadonlyMap<string, number> =>
  new Map(
    Object.keys(treePrint(live))
      .filter((path) => path !== 'cache/link')
      .map((path) => [path, lstatSync(join(live, path)).mode & 0o777]),
  );

const ownThings = {
  ...Object.fromEntries(Object.entries(own).map(([path, content]) => [path, `640 ${content}`])),
  'cache/empty/': '750',
  'cache/link': '-> ../index.php',
};

describe.each<Layout>(['in-place', 'releases'])('%s, an application that maj did not install', (layout) => {
  beforeEach(() => install(layout));

  it('keeps at its first upgrade all that the new release does not bring, and is told so by folder', async () => {
    await upgrade();
    expect(treePrint(live)).toMatchObject({
      ...ownThings,
      'index.php': '640 index of 1.1.0',
      'lib/dropped.php': '640 not in 1.1.0',
    });
    const facts = said('release-unknown') as Parameters<(typeof en.notes)['release-unknown']>[0];
    const text = en.notes['release-unknown'](facts);
    expect(text).toContain('2 files in upload/\n');
    expect(text).toContain('1 file in plugins/mine/\n');
    expect(text).toContain('1 file in conf/\n');
    expect(text).toContain('1 file at the top\n');
  });

  it('keeps at its first upgrade, once its release is known, what is in no release, and nothing else', async () => {
    const { data, text } = await adopt();
    expect(data).toMatchObject({ version: '1.0.0', files: 5, same: 5, edited: [], missing: [] });
    expect(data.own).toEqual(expect.arrayContaining(Object.keys(own)));
    expect(text).toContain('2 files in upload/\n');
    await upgrade();
    const tree = treePrint(live);
    expect(tree).toMatchObject({ ...ownThings, 'index.php': '640 index of 1.1.0' });
    expect(tree).not.toHaveProperty('lib/dropped.php');
    expect(said('release-unknown')).toBeUndefined();
  });

  it.each([false, true])('gets nothing with a wider mode (its release is known: %s)', async (known) => {
    if (known) await adopt();
    const before = modesOf();
    await upgrade();
    const after = modesOf();
    expect([...after.keys()]).toContain('lib/later/deep/');
    // The package gives all files 664, and folders 755.
    for (const [path, mode] of after) {
      const usual = path.endsWith('/') ? 0o750 : 0o640;
      expect([path, mode & ~(before.get(path) ?? usual)]).toEqual([path, 0]);
    }
  });

  it('tells what was edited and what is missing, and leaves everything as it is', async () => {
    writeFileSync(join(live, 'index.php'), 'edited');
    rmSync(join(live, 'lib/dropped.php'));
    const before = treePrint(live);
    const { data } = await adopt('1.0.0');
    expect(data).toMatchObject({ files: 5, same: 3, edited: ['index.php'], missing: ['lib/dropped.php'] });
    expect(treePrint(live)).toEqual(before);
    // The same again is no error, and changes nothing.
    expect((await adopt()).data).toEqual(data);
  });

  it.each<[string, string, () => string[]]>([
    ['a package of another version', 'adopt-other-version', () => ['1.1.0']],
    [
      'another package of this version',
      'adopt-other-package',
      () => [packageOf('1.0.0', { a: '1', b: '2', c: '3' }, 'x')],
    ],
    ['a version that is not there', 'package-not-found', () => ['0.9.0']],
    ['no application', 'not-installed', () => (renameSync(dirname(live), join(root, 'away')), [])],
    ['an application without a version', 'version-file-missing', () => (rmSync(join(live, 'VERSION')), [])],
  ])('%s is refused', async (_, code, words) => {
    expect((await failureOf(adopt(...words()))).code).toBe(code);
  });

  it('another package of a release that is known is refused', async () => {
    await adopt();
    const other = packageOf('1.0.0', { ...released, 'lib/more.php': 'x' }, 'other');
    expect((await failureOf(adopt(other))).code).toBe('release-known');
  });
});
