import { describe, expect, it } from 'vitest';
import {
  addErrors,
  looksLikeError,
  signatureMark,
  signatureOf,
  type FoundErrors,
} from '../../../scripts/application/log-errors.ts';

describe('a line of a log', () => {
  it.each([
    ['PHP Fatal error:  Uncaught TypeError: x in /srv/app/a.php:12', true],
    ['[2026-11-22T10:15:30] app.ERROR: it failed', true],
    ['2026/11/22 10:15:30 [crit] 12#12: *3 connect() failed', true],
    ['{"level":"error","msg":"it failed"}', true],
    ['SQLSTATE[42S22]: Column not found', true],
    ['java.lang.IllegalStateException: no', true],
    ['Traceback (most recent call last):', true],
    ['[info] started in 12 ms', false],
    ['PHP Deprecated:  old function', false],
    ['mirror of terrors loaded', false],
  ])('%s: an error is %s', (line, expected) => {
    expect(looksLikeError(line)).toBe(expected);
  });

  it.each([
    [
      '[Sun Nov 22 10:15:30.123456 2026] [php:error] [pid 12] x',
      '[Mon Dec 07 01:02:03.654321 2026] [php:error] [pid 9917] x',
    ],
    ['Error: user 17 not found', 'Error: user 9 not found'],
    ['Error in request 7f3a9c1e2b', 'Error in request 01fe77aa90'],
    ['Error: job 123e4567-e89b-12d3-a456-426614174000', 'Error: job 00000000-e89b-12d3-a456-0000000000ff'],
    ['Error at 0x7fff00aa', 'Error at 0x0'],
    ['Error in /srv/releases/1.9.0/a.php:12', 'Error in /srv/releases/2.0.0-rc.1/a.php:14'],
    ['Error in releases/1.9.0', 'Error in releases/2.0.0-rc.1-20261122T120000000Z'],
    [
      String.raw`{"level":"error","file":"\/srv\/releases\/1.9.0\/a.php"}`,
      String.raw`{"level":"error","file":"\/srv\/releases\/2.0.0-rc.1\/a.php"}`,
    ],
  ])('%s has the signature of its next occurrence', (first, second) => {
    expect(signatureOf(first)).toBe(signatureOf(second));
  });

  it('of another error has another signature', () => {
    expect(signatureOf('Error in releases/1.0.0/a.php')).not.toBe(
      signatureOf('Error in releases/1.0.0/b.php'),
    );
    expect(signatureOf('Error: column a is unknown')).not.toBe(signatureOf('Error: column b is unknown'));
  });
});

it('errors of one kind count once, and known ones not at all, also when they come in several pieces', () => {
  const known = new Set([signatureMark('Error: old thing 1')]);
  const found: FoundErrors = new Map();
  addErrors(found, ['Error: old thing 2', 'Error: new thing 1', 'fine', 'Error: new thing 2'], known, 10);
  const first = { line: 'Error: new thing 1', count: 2, at: 11 };
  expect([...found.values()]).toEqual([first]);
  addErrors(found, ['Error: new thing 3', 'Error: another'], known, 14);
  expect([...found.values()]).toEqual([
    { ...first, count: 3 },
    { line: 'Error: another', count: 1, at: 15 },
  ]);
});
