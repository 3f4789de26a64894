import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { stagePackage } from '../../../scripts/release/stage.ts';
import { applyAlone } from '../../../scripts/upgrade/apply-package.ts';
import { temporaryFolder, testContext } from '../../helpers/context.ts';
import { releaseEntries, writePackage, type TarEntry } from '../../helpers/packages.ts';

const entries = releaseEntries('1.0.0', { 'public/index.php': 'x' });
const inFolder = entries.map((entry): TarEntry => ({ ...entry, name: `app-1.0.0/${entry.name.toString()}` }));
const top = (name: string, mode: number): TarEntry => ({ name, type: '5', mode });

it.each<[string, readonly TarEntry[], string]>([
  ['flat, without an entry for its top', entries, '755'],
  ['flat, with a mode of its top', [top('./', 0o750), ...entries], '750'],
  ['flat, with a top that anybody may write to', [top('./', 0o777), ...entries], '775'],
  ['in a folder that has no entry', inFolder, '755'],
  ['in a folder with a mode', [top('app-1.0.0/', 0o710), ...inFolder], '710'],
])('a package %s, is open to the web server when it is the first one', async (_, archive, mode) => {
  const umask = process.umask(0o077);
  try {
    for (const APP_LAYOUT of ['in-place', 'releases'] as const) {
      const root = temporaryFolder('first');
      const app = join(root, 'app');
      mkdirSync(join(root, 'project'));
      const context = testContext({
        projectDir: join(root, 'project'),
        config: { APP_DIR: app, APP_LAYOUT },
      });
      const file = writePackage(join(root, 'packages'), 'app-1.0.0.tgz', archive);
      await applyAlone(context, await stagePackage(context, file, { runId: 'run' }), 'unmanaged');
      const tree = APP_LAYOUT === 'in-place' ? app : join(app, 'releases', '1.0.0');
      const modeOf = (path: string): string => (statSync(path).mode & 0o7777).toString(8);
      expect([modeOf(tree), modeOf(join(tree, 'public'))]).toEqual([mode, '755']);
    }
  } finally {
    process.umask(umask);
  }
});
