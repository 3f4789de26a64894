import { expect, test } from 'vitest';
import { isDeletion, parsePushedRefs, refsToBranch } from '../../../scripts/gate/decide.ts';

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
    expect(refsToBranch(refs, branch).map((ref) => ref.remoteRef)).toEqual(['refs/heads/deploy']);
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
  expect(refsToBranch(refs ?? [], 'deploy').map((ref) => ref.localRef)).toEqual(['HEAD', 'refs/tags/v1']);
});

test('tells a deletion by its object name of zeros', () => {
  const [ref] = parsePushedRefs(`(delete) ${zero} refs/heads/deploy ${a}`) ?? [];
  expect(ref !== undefined && isDeletion(ref)).toBe(true);
});
