import { describe, expect, test } from 'vitest';
import { parseBranchPatterns } from '../../../scripts/config/branch-pattern.ts';
import {
  guardedRefs,
  isDeletion,
  isGuardedRemote,
  isReceived,
  mirroredAway,
  parsePushedRefs,
  parseReceivedRefs,
  plainUrl,
} from '../../../scripts/gate/refs.ts';
import { hasWorkIn } from '../../../scripts/gate/repository.ts';

const a = 'a'.repeat(40);
const b = 'b'.repeat(40);
const zero = '0'.repeat(40);

test('reads the lines that git hands to the hook', () => {
  expect(
    parsePushedRefs(`refs/heads/main ${a} refs/heads/deploy ${b}\nHEAD ${a} refs/heads/x ${zero}\n`),
  ).toEqual([
    { localRef: 'refs/heads/main', localSha: a, remoteRef: 'refs/heads/deploy', remoteSha: b },
    { localRef: 'HEAD', localSha: a, remoteRef: 'refs/heads/x', remoteSha: zero },
  ]);
});

test.each(['deploy', 'heads/deploy', 'refs/heads/deploy'])(
  'knows the deploy branch when it is written as %s',
  (branch) => {
    const refs =
      parsePushedRefs(`HEAD ${a} refs/heads/deploy ${b}\nHEAD ${a} refs/heads/x/deploy ${b}\n`) ?? [];
    expect(guardedRefs(refs, parseBranchPatterns(branch) ?? []).map((ref) => ref.remoteRef)).toEqual([
      'refs/heads/deploy',
    ]);
  },
);

test('takes nothing to push for no lines', () => {
  expect(parsePushedRefs('')).toEqual([]);
});

test('reads object names of SHA-256 repositories', () => {
  const long = 'c'.repeat(64);
  expect(parsePushedRefs(`HEAD ${long} refs/heads/deploy ${'0'.repeat(64)}`)).toHaveLength(1);
});

test.each([
  'hello',
  'a b c',
  `HEAD ${a} refs/heads/deploy`,
  `HEAD ${a} refs/heads/deploy ${b} more`,
  `HEAD xyz refs/heads/deploy ${b}`,
])('refuses a line that is none of git’s: %s', (line) => {
  expect(parsePushedRefs(line)).toBeUndefined();
});

test('looks at the destination, whatever is pushed there', () => {
  const refs = parsePushedRefs(
    [
      `HEAD ${a} refs/heads/deploy ${b}`,
      `refs/tags/v1 ${a} refs/heads/deploy ${b}`,
      `refs/heads/deploy ${a} refs/heads/other ${b}`,
      `refs/heads/deploy ${a} refs/tags/deploy ${b}`,
    ].join('\n'),
  );
  expect(guardedRefs(refs ?? [], ['deploy']).map((ref) => ref.localRef)).toEqual(['HEAD', 'refs/tags/v1']);
});

test('tells a deletion by its object name of zeros', () => {
  const [ref] = parsePushedRefs(`(delete) ${zero} refs/heads/deploy ${a}`) ?? [];
  expect(ref !== undefined && isDeletion(ref)).toBe(true);
});

describe('which remotes are guarded', () => {
  const urls: Readonly<Record<string, readonly string[]>> = {
    dokku: ['dokku@host.example:shop'],
    origin: ['https://git.example/shop.git'],
    again: ['ssh://dokku@host.example/shop.git'],
  };
  const ask = (remote: string | undefined, url: string | undefined, listed: string[]): boolean =>
    isGuardedRemote({ remote, url }, listed, (name) => urls[name] ?? []);

  test.each<[string, string | undefined, string | undefined, string[], boolean]>([
    ['no list', 'origin', 'https://git.example/shop.git', [], true],
    ['listed', 'dokku', 'dokku@host.example:shop', ['dokku'], true],
    ['not listed', 'origin', 'https://git.example/shop.git', ['dokku'], false],
    ['listed, under another name', 'again', 'ssh://dokku@host.example/shop.git', ['dokku'], true],
    ['an address', 'ssh://host.example/shop', 'ssh://host.example/shop', ['dokku'], true],
    ['an address that is not known', 'https://x.example/y', 'https://x.example/y', ['dokku'], true],
    ['a pattern of names', 'dokku', 'dokku@host.example:shop', ['dok*'], true],
    ['a pattern of addresses', 'origin', 'https://git.example/shop.git', ['https://git.example/*'], true],
    ['not told', undefined, undefined, ['dokku'], true],
  ])('%s', (_title, remote, url, listed, guarded) => {
    expect(ask(remote, url, listed)).toBe(guarded);
  });

  test.each([
    ['git@host:a/b.git', 'ssh://git@host/a/b'],
    ['https://me:x@Host/a/', 'https://host/a.git'],
    ['/srv/a.git', 'file:///srv/a'],
    ['ssh://host:2222/a', 'host:a'],
  ])('%s is %s', (one, other) => {
    expect(plainUrl(one)).toBe(plainUrl(other));
  });
});

test('a mirror takes away the guarded branches that are not here', () => {
  expect(mirroredAway(['deploy', 'live/1', 'x'], ['x', 'live/1'], ['deploy', 'live/*'])).toEqual(['deploy']);
});

test.each<[string, string | undefined, boolean | undefined]>([
  ['To /r.git\n=\trefs/heads/main:refs/heads/main\t[up to date]\nDone\n', undefined, false],
  ['To /r.git\n!\trefs/heads/main:refs/heads/main\t[rejected] (non-fast-forward)\n', undefined, false],
  ['To /r.git\n \tHEAD:refs/heads/main\ta..b\nDone\n', '/r.git', true],
  ['To /r.git\n-\t:refs/heads/main\t[deleted]\nDone\n', '/r.git', true],
  ['To /a\n=\tx:x\t[up to date]\nTo /b\n*\tx:x\t[new branch]\nDone\n', '/a', false],
  ['To /a\n=\tx:x\t[up to date]\nTo /b\n*\tx:x\t[new branch]\nDone\n', '/b', true],
  ['To /a\n=\tx:x\t[up to date]\nTo /b\n*\tx:x\t[new branch]\nDone\n', undefined, true],
  ['fatal: could not read from remote\n', '/a', undefined],
  ['', undefined, undefined],
])('git says %j', (porcelain, url, work) => {
  expect(hasWorkIn(porcelain, { url, mirror: false })).toBe(work);
});

test('of a mirror the lines do not tell what it deletes', () => {
  const porcelain = 'To /r.git\n-\t:refs/heads/x\t[deleted]\nDone\n';
  expect(hasWorkIn(porcelain, { url: '/r.git', mirror: true })).toBe(false);
});

describe('the lines of a pre-receive hook', () => {
  const [old, pushed, none] = ['a'.repeat(40), 'b'.repeat(40), '0'.repeat(40)];

  test('say what stood there, and what is pushed', () => {
    expect(parseReceivedRefs(`${old} ${pushed} refs/heads/deploy\n${none} ${pushed} refs/tags/x\n`)).toEqual([
      { localRef: 'refs/heads/deploy', localSha: pushed, remoteRef: 'refs/heads/deploy', remoteSha: old },
      { localRef: 'refs/tags/x', localSha: pushed, remoteRef: 'refs/tags/x', remoteSha: none },
    ]);
  });

  test.each([
    `${old} ${pushed}`,
    `${old} ${pushed} deploy`,
    `${old} x refs/heads/deploy`,
    `${old} ${pushed} refs/heads/deploy more`,
    `${old} ${pushed} refs/heads/deploy\nrefs/heads/x ${pushed} refs/heads/x ${old}`,
  ])('are none such as %j', (text) => {
    expect(parseReceivedRefs(text)).toBeUndefined();
  });

  test.each<[string | undefined, Record<string, string>, boolean]>([
    // standard input, the environment, and whether it is that hook which asks
    [`${old} ${pushed} refs/heads/x\n`, {}, true],
    [`refs/heads/x ${pushed} refs/heads/x ${old}\n`, {}, false],
    ['', {}, false],
    ['\n', { GIT_QUARANTINE_PATH: '/srv/x.git/objects/incoming' }, true],
    [undefined, { GIT_QUARANTINE_PATH: '/srv/x.git/objects/incoming' }, false],
  ])('are told from those of pre-push: %j in %j', (input, env, expected) => {
    expect(isReceived(input, env)).toBe(expected);
  });
});
