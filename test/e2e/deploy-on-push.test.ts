import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { majInShell, repositoryAt } from '../helpers/gate-repository.ts';
import { must } from '../helpers/installed-package.ts';
import { servers, type TestServer } from '../helpers/servers.ts';
import { expectVersion, useSites } from '../helpers/site.ts';

const [first] = servers as readonly [TestServer, ...TestServer[]];
const newSite = useSites(first);

/** The hook of the guide, with the folder of a project and the program in the place of the guide's. */
function hookOfTheGuide(project: string): string {
  const guide = readFileSync(new URL('../../docs/gate.md', import.meta.url), 'utf8');
  const [, block = ''] = /`hooks\/post-receive`[^]*?\n\n((?: {4}.*\n)+)/.exec(guide) ?? [];
  const program = './node_modules/.bin/maj upgrade';
  expect(block).toContain(`cd /opt/maj && ${program}`);
  return block
    .replaceAll(/^ {4}/gm, '')
    .replaceAll('/opt/maj', project)
    .replace(program, () => `${majInShell} upgrade`);
}

test('a push to the deploy branch is deployed by the post-receive hook of the guide', async () => {
  const site = await newSite();
  const repository = repositoryAt(join(site.folder, 'clone'), join(site.folder, 'shop.git'));
  const { folder, remote, git, pushWith } = repository;
  mkdirSync(folder);
  git('init', '--quiet', '--initial-branch=main');
  git('init', '--quiet', '--bare', '--initial-branch=main', remote);
  git('remote', 'add', 'origin', remote);
  const release = join(site.packages, 'intimemanager-1.1.0.tar.gz');
  await must(folder, 'tar', '-xzf', release, '--strip-components=1');
  repository.commit();

  const settings = join(site.project, '.env');
  const source = readFileSync(settings, 'utf8').replace(/^UPDATE_SOURCE=.*$/m, `UPDATE_SOURCE=git:${remote}`);
  writeFileSync(settings, source);
  const hook = join(remote, 'hooks', 'post-receive');
  writeFileSync(hook, hookOfTheGuide(site.project));
  chmodSync(hook, 0o755);

  const other = await pushWith({}, 'origin', 'HEAD:feature');
  expect(other.code, other.stderr).toBe(0);
  const later = await pushWith({ DEPLOY_ON_PUSH: '0' }, 'origin', 'HEAD:deploy');
  expect(later.code, later.stderr).toBe(0);
  await expectVersion(site, '1.0.0');

  repository.commit();
  const now = await pushWith({ DEPLOY_ON_PUSH: '1' }, 'origin', 'HEAD:deploy');
  expect(now.code, now.stderr).toBe(0);
  expect(now.stderr).toContain('Upgraded 1.0.0 -> 1.1.0');
  await expectVersion(site, '1.1.0');
});
