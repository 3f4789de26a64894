import { describe, expect, test } from 'vitest';
import { maj } from '../helpers/cli.ts';
import { useRehearsed } from '../helpers/rehearsed-repository.ts';
import { servers } from '../helpers/servers.ts';

describe.each(servers.slice(0, 1))('`maj gate --commit --format`', (server) => {
  const { copy } = useRehearsed(server);

  test.each([
    [
      'github',
      /^::notice title=maj gate::gate: [0-9a-f]{12} may go/,
      /^::error file=migrations\/003_x\.sql,title=scripts-differ::/,
    ],
    ['gitlab', /^\[\]$/, /"check_name": "scripts-differ"[^]*"path": "migrations\/003_x\.sql"/],
    ['json', /^\{\s*"open": true/, /^\{\s*"open": false[^]*"path": "migrations\/003_x\.sql"/],
    ['text', /^gate: [0-9a-f]{12} may go/, /^$/],
  ])('%s', async (format, open, refused) => {
    const { folder, commit } = copy();
    const words = ['gate', '--commit', 'HEAD', '--format', format];
    const first = await maj(folder, words);
    expect(first.code, first.stderr).toBe(0);
    expect(first.stdout.trim()).toMatch(open);
    commit({ 'migrations/003_x.sql': 'DROP TABLE users;\n' });
    const second = await maj(folder, words);
    expect(second.code).toBe(3);
    expect(second.stdout.trim()).toMatch(refused);
  });

  test('a commit that is none is refused in the same form', async () => {
    const { folder } = copy();
    const { code, stdout } = await maj(folder, ['gate', '--commit', 'nosuch', '--format', 'json']);
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ open: false, code: 'gate-git' });
  });

  test.each([
    [['--commit', 'HEAD', '--format', 'sarif'], /--format sarif is none of text, github, gitlab, json/],
    [['--format', 'github'], /--format goes with --commit/],
  ])('%j is wrong', async (words, said) => {
    const { code, stderr } = await maj(copy().folder, ['gate', ...words]);
    expect(stderr).toMatch(said);
    expect(code).toBe(2);
  });
});
