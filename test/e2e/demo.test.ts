import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { startMaj } from '../helpers/cli.ts';
import { temporaryFolder } from '../helpers/context.ts';
import { clientFolder, servers } from '../helpers/servers.ts';

const demo = fileURLToPath(new URL('../../examples/demo/main.ts', import.meta.url));

describe.each(servers)('the demonstration on $name', (server) => {
  test('shows everything, exits with 0, and leaves nothing behind', async () => {
    const clients = clientFolder(server);
    const words = [
      ...(server.binDir === undefined ? [] : [`--rehearsal-server=${server.binDir}`]),
      ...(clients === undefined ? [] : [`--client-bin-dir=${clients}`]),
    ];
    const { child, ended } = startMaj(temporaryFolder('demo'), words, { program: demo });
    const ran = await ended;
    expect(ran.code, ran.stderr.slice(-3000)).toBe(0);
    expect(ran.stdout).toContain('nothing is left behind');
    expect(ran.stderr).toContain('the visitor saw 1.0.0, maintenance, 1.1.0');
    expect(ran.stderr).toContain('the visitor saw 1.1.0, maintenance, 1.1.0');
    expect(ran.stderr).toContain('seen: the push is refused');
    expect(ran.stderr).toContain('seen: the push is accepted');
    const left = (await readdir(tmpdir())).filter((name) => name.startsWith(`maj-${child.pid ?? 0}-`));
    expect(left).toEqual([]);
  });
});
