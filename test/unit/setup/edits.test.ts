import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hasBlock, withBlock, withoutBlock } from '../../../scripts/setup/block.ts';
import type { HookManager } from '../../../scripts/setup/detect.ts';
import { editsOf, type Layout } from '../../../scripts/setup/edits.ts';
import { withLefthook } from '../../../scripts/setup/lefthook.ts';

const line = fc.stringMatching(/^[ #a-z:"-]{0,12}$/);
const text = fc
  .tuple(fc.array(line), fc.boolean())
  .map(([lines, ended]) => lines.join('\n') + (ended && lines.length > 0 ? '\n' : ''));

test('a block leaves every byte as it was when it goes, wherever it was put', () => {
  fc.assert(
    fc.property(text, fc.array(line), fc.option(fc.nat(5)), (before, lines, at) => {
      const place = at === null ? 'end' : Math.min(at, before.split('\n').length - 1);
      const after = withBlock(before, lines, place, '  ');
      expect(hasBlock(after)).toBe(true);
      expect(withoutBlock(after)).toBe(before);
    }),
  );
});

const layout = (manager: HookManager, more: Partial<Layout> = {}): Layout => ({
  folder: '',
  packageManager: 'npm',
  packageFolder: 'node_modules/maj-kit',
  manager,
  migrations: undefined,
  branches: ['deploy'],
  env: {},
  isEnvShown: false,
  ci: undefined,
  makefile: 'Makefile',
  ...more,
});

const husky: HookManager = { kind: 'husky', folder: '.husky' };
const plain: HookManager = { kind: 'plain', file: '.githooks/pre-push' };
const lefthook: HookManager = { kind: 'lefthook', file: 'lefthook.yml' };
const simple: HookManager = { kind: 'simple-git-hooks', file: 'package.json' };
const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

const rows: readonly (readonly [string, Layout, Readonly<Record<string, string>>])[] = [
  ['an empty project', layout(husky), {}],
  [
    'scripts of its own',
    layout(husky),
    { 'package.json': json({ scripts: { test: 'x', prepare: 'husky' }, type: 'module' }) },
  ],
  [
    'tabs, and names that are taken',
    layout(husky),
    { 'package.json': '{\n\t"version": "1",\n\t"scripts": {\n\t\t"upgrade": "apt upgrade"\n\t}\n}' },
  ],
  ['one line of JSON', layout(husky), { 'package.json': '{"name":"x"}' }],
  ['Yarn 4', layout(husky, { packageManager: 'yarn-berry' }), { 'package.json': json({ name: 'x' }) }],
  ['a hook of its own', layout(husky), { '.husky/pre-push': 'npm test\n' }],
  [
    'a hook of husky 8',
    layout(husky),
    { '.husky/pre-push': '#!/usr/bin/env sh\n. "$(dirname -- "$0")/_/husky.sh"\n\nnpm test\n' },
  ],
  [
    'a hook without an end of its last line',
    layout(plain),
    { '.githooks/pre-push': '#!/bin/bash\nset -e\nexec git lfs pre-push "$@"' },
  ],
  [
    'a Makefile and files that git ignores',
    layout(husky, { isEnvShown: true }),
    { Makefile: 'all:\n\techo x', '.gitignore': 'dist' },
  ],
  [
    'names of Laravel',
    layout(husky, { env: { DB_DATABASE: 'a', DB_USERNAME: 'b' } }),
    { '.env': 'DB_DATABASE=a\nDB_USERNAME=b\n' },
  ],
  ['lefthook without a push', layout(lefthook), { 'lefthook.yml': 'pre-commit:\n  parallel: true\n' }],
  [
    'lefthook with commands',
    layout(lefthook),
    { 'lefthook.yml': 'pre-push:\n  commands:\n\n    # ours\n    a:\n      run: x\npre-commit:\n  jobs:\n' },
  ],
  [
    'lefthook with jobs',
    layout(lefthook),
    { 'lefthook.yml': 'pre-push:\n  parallel: true\n  jobs:\n  - run: x' },
  ],
  [
    'simple-git-hooks',
    layout(simple),
    { 'package.json': json({ 'simple-git-hooks': { 'pre-commit': 'a' } }) },
  ],
  [
    'simple-git-hooks with a push',
    layout(simple),
    { 'package.json': json({ 'simple-git-hooks': { 'pre-push': 'a && b' }, x: 1 }) },
  ],
  [
    'a folder of a monorepo',
    layout(husky, { folder: 'apps/shop' }),
    { 'apps/shop/package.json': json({ name: 'shop' }) },
  ],
  ['a workflow of GitHub', layout(husky, { ci: 'github' }), { 'package.json': json({ name: 'x' }) }],
  [
    'a job of GitLab beside others',
    layout(husky, { ci: 'gitlab', branches: ['eu/*', 'a.b'] }),
    { '.gitlab-ci.yml': 'stages: [build]\nbuild:\n  script: make\n' },
  ],
  [
    'Plug’n’Play',
    layout(husky, { packageFolder: undefined, packageManager: 'yarn-berry' }),
    { 'package.json': json({}) },
  ],
];

describe('what is put in', () => {
  test.each(rows)(
    '%s: is there after that, is not put in twice, and goes without a trace',
    (_title, one, files) => {
      const apply = (what: 'add' | 'remove', now: ReadonlyMap<string, string>): Map<string, string> => {
        const { edits, byHand } = editsOf(one, what, (path) => now.get(path));
        expect(byHand).toEqual([]);
        const after = new Map(now);
        for (const edit of edits) {
          if (edit.after === undefined) after.delete(edit.path);
          else after.set(edit.path, edit.after);
        }
        return after;
      };
      const before = new Map(Object.entries(files));
      const added = apply('add', before);
      const call = one.packageFolder === undefined ? 'maj gate' : 'maj-kit/hooks/pre-push';
      expect([...added.values()].some((content) => content.includes(call))).toBe(true);
      expect(apply('add', added)).toEqual(added);
      const left = apply('remove', added);
      // A package.json that was not there holds no more than that.
      if (!before.has('package.json') && one.folder === '') left.delete('package.json');
      expect(left).toEqual(before);
    },
  );

  test.each([
    ['lefthook in one line', lefthook, { 'lefthook.yml': 'pre-push: { commands: { a: { run: x } } }\n' }],
    [
      'lefthook with scripts alone',
      lefthook,
      { 'lefthook.yml': 'pre-push:\n  scripts:\n    "a.sh":\n      runner: sh\n' },
    ],
    [
      'lefthook that may be missing',
      lefthook,
      { 'lefthook.yml': 'assert_lefthook_installed: false\npre-commit:\n  commands: {}\n' },
    ],
    ['a hook in Python', plain, { '.githooks/pre-push': '#!/usr/bin/env python3\nprint()\n' }],
    [
      'a manager that is not known',
      { kind: 'unknown', name: 'lefthook', file: 'lefthook.toml' } as const,
      {},
    ],
  ] as const)('%s: is said to be done by hand', (_title, manager, files) => {
    const read = new Map<string, string>(Object.entries(files));
    expect(editsOf(layout(manager), 'add', (path) => read.get(path)).byHand).toHaveLength(1);
  });
});

test('a command of lefthook is indented like the others', () => {
  expect(withLefthook('pre-push:\n    commands:\n        a:\n            run: x\n', 'sh x')).toContain(
    '\n        maj-gate:\n          run: sh x\n          use_stdin: true\n',
  );
});

test.each<readonly [string, string | undefined, string]>([
  ['goes before the jobs that are there', 'test:\n  script: make\n', '.pre'],
  // https://docs.gitlab.com/ci/yaml/#stage-pre: a pipeline that has jobs in .pre and .post alone does not run.
  ['is in a stage that runs where it is the only one', undefined, 'build'],
])('a job of GitLab %s', (_title, text, stage) => {
  const { edits } = editsOf(layout(husky, { ci: 'gitlab' }), 'add', (path) =>
    path === '.gitlab-ci.yml' ? text : undefined,
  );
  const job = edits.find(({ path }) => path === '.gitlab-ci.yml')?.after ?? '';
  expect(/^ {2}stage: (.*)$/m.exec(job)?.[1]).toBe(stage);
});

test.each([
  [''],
  ['pre-push:\n  jobs:\n    - name: own\n      run: x'],
  ['assert_lefthook_installed: true\npre-commit:\n  commands: {}\n'],
])('lefthook refuses where its program is missing, and is told so once: %j', (before) => {
  const after = withLefthook(before, 'sh x') ?? '';
  expect(after.match(/^assert_lefthook_installed: true$/gm)).toHaveLength(1);
  expect(withoutBlock(after)).toBe(before);
});

test('a job of GitLab runs for the branches that the patterns mean', () => {
  const { edits } = editsOf(
    layout(husky, { ci: 'gitlab', branches: ['eu/*', 'a.b'] }),
    'add',
    () => undefined,
  );
  const job = edits.find(({ path }) => path === '.gitlab-ci.yml')?.after ?? '';
  const [, first = '', second = ''] = /=~ \/(.*?)\/ \|\| \$CI_COMMIT_BRANCH =~ \/(.*?)\/'/.exec(job) ?? [];
  expect(
    ['eu/live', 'eu', 'xeu/live'].map((branch) => new RegExp(first.replace('\\/', '/')).test(branch)),
  ).toEqual([true, false, false]);
  expect(['a.b', 'aXb'].map((branch) => new RegExp(second).test(branch))).toEqual([true, false]);
});

test('settings that were written for branches of one’s own go as well, and edited ones stay', () => {
  const chosen = layout(husky, { branches: ['eu/*'] });
  const path = 'maj.config.json';
  const written = editsOf(chosen, 'add', () => undefined).edits.find((edit) => edit.path === path)?.after;
  const left = (text: string | undefined): unknown =>
    editsOf(layout(husky), 'remove', (asked) => (asked === path ? text : undefined)).edits;
  expect(left(written)).toMatchObject([{ path, after: undefined }]);
  expect(left(written?.replace('eu/*', 'eu/*", "us/*'))).toEqual([]);
  expect(left(written?.replace('{', '{ "GATE_REQUIRE_LIVE": "yes",'))).toEqual([]);
});

test('an empty file that has none of our lines stays', () => {
  expect(editsOf(layout(husky), 'remove', (path) => (path === '.gitignore' ? '' : undefined)).edits).toEqual(
    [],
  );
});
