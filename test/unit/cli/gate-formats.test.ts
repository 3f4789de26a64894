import { describe, expect, test } from 'vitest';
import { openReport, refusedReport } from '../../../scripts/cli/gate-formats.ts';
import { refused } from '../../../scripts/core/errors.ts';
import { messagesFor } from '../../../scripts/messages/index.ts';

const messages = messagesFor('en', {});
const path = 'db/003_100%,done.sql';
const error = refused('gate-refused', {
  branch: 'deploy',
  commit: 'a'.repeat(40),
  database: { name: 'shop' },
  reasons: [
    { kind: 'no-proven-backup' },
    {
      kind: 'scripts-differ',
      changes: [
        { kind: 'added', version: '003', name: '100%,done', path },
        { kind: 'missing', version: '002', name: 'orders' },
      ],
    },
  ],
  inWorkingTree: false,
  folder: '',
  lastMs: 2000,
  problem: undefined,
  published: false,
});
const other = refused('gate-git', { command: 'git rev-parse', output: 'fatal: no\nsuch commit' });

describe('a refusal as a report', () => {
  test('for GitHub: an annotation for each reason, at the script where there is one', () => {
    const lines = refusedReport('github', error, messages, 'db');
    expect(lines.map((line) => line.replace(/%0ARun .*/, ''))).toEqual([
      '::error title=no-proven-backup::no backup is proven: none was restored and compared',
      '::error file=db/003_100%25%2Cdone.sql,title=scripts-differ::the commit holds other migrations than the rehearsal: 003_100%25,done (added)',
      '::error title=scripts-differ::the commit holds other migrations than the rehearsal: 002_orders (missing)',
    ]);
    expect(lines[0]).toMatch(/%0ARun `maj rehearse --commit aaaaaaaaaaaa`/);
  });

  test('for GitLab: a code quality report, each entry with a place and a fingerprint of its own', () => {
    const report = JSON.parse(refusedReport('gitlab', error, messages, 'db').join('\n')) as {
      fingerprint: string;
    }[];
    expect(report).toMatchObject([
      { check_name: 'no-proven-backup', severity: 'blocker', location: { path: 'db', lines: { begin: 1 } } },
      { check_name: 'scripts-differ', location: { path } },
      { check_name: 'scripts-differ', location: { path: 'db' } },
    ]);
    expect(new Set(report.map(({ fingerprint }) => fingerprint)).size).toBe(3);
  });

  test('as JSON: the kinds and the names', () => {
    expect(JSON.parse(refusedReport('json', error, messages, 'db').join('\n'))).toMatchObject({
      open: false,
      code: 'gate-refused',
      facts: { reasons: [{ kind: 'no-proven-backup' }, { changes: [{ name: '100%,done' }, {}] }] },
      problems: [{ kind: 'no-proven-backup' }, { path }, { kind: 'scripts-differ' }],
    });
  });

  test('of another error is the error', () => {
    expect(refusedReport('github', other, messages, 'db').join('\n')).toMatch(
      /^::error title=gate-git::git does not answer \(git rev-parse\): fatal: no%0Asuch commit/,
    );
  });
});

test.each([
  ['github', '::notice title=maj gate::it may go'],
  ['gitlab', '[]'],
  ['json', '{\n  "open": true,\n  "allowed": [\n    1\n  ]\n}'],
] as const)('what may go, for %s', (format, expected) => {
  expect(openReport(format, [1], ['it may go']).join('\n')).toBe(expected);
});
