import { describe, expect, test } from 'vitest';
import { maj } from '../helpers/cli.ts';
import { useRehearsed } from '../helpers/rehearsed-repository.ts';
import { servers } from '../helpers/servers.ts';

describe.each(servers.slice(0, 1))('on $name', (server) => {
  const { copy, running } = useRehearsed(server);

  test('a rehearsal that met far fewer rows than the one before says so, and so does the gate', async () => {
    const repository = copy();
    const session = await running().adminSession();
    const succeed = async (...words: string[]): Promise<string> => {
      const { code, stderr } = await maj(repository.folder, words);
      expect(code, stderr).toBe(0);
      return stderr;
    };
    await succeed('migrate', '--yes');
    await session.run(`USE ${/DB_NAME=(.*)/.exec(repository.settings)?.[1] ?? ''}`);
    const rows = Array.from({ length: 500 }, (_, index) => `('${'x'.repeat(100)}${index}')`);
    await session.run(`INSERT INTO users (email) VALUES ${rows.join(',')}`);
    expect(await succeed('rehearse')).not.toMatch(/far less than the time before/);
    await session.run('DELETE FROM users');
    const both =
      /rehearsed on far less than the time before: [\d.]+ kB of test_\S+ on \S+, before that [\d.]+ kB/;
    expect(await succeed('rehearse')).toMatch(both);
    const { code, stderr } = await repository.push('origin', 'HEAD:deploy');
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(both);
  });
});
