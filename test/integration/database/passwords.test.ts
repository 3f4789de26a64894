import { readdirSync, readFileSync, statSync } from 'node:fs';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../../scripts/config/types.ts';
import { withSession } from '../../../scripts/database/session/session.ts';
import type { Target } from '../../../scripts/database/session/target.ts';
import { startDump } from '../../../scripts/dump/client/dump.ts';
import { makeOptionFile } from '../../../scripts/dump/client/option-file.ts';
import { quoteText } from '../../../scripts/sql/quote.ts';
import { processesBelow } from '../../helpers/processes.ts';
import { servers, useServer } from '../../helpers/servers.ts';
import { findClients, loadSql } from '../../helpers/vendor-clients.ts';

/** The arguments and the environment of every process of this machine that can be read, as `ps` reads them. */
function everyProcess(): string {
  const texts: string[] = [];
  for (const pid of readdirSync('/proc').filter(
    (name) => /^\d+$/.test(name) && name !== String(process.pid),
  )) {
    for (const file of ['cmdline', 'environ']) {
      try {
        texts.push(readFileSync(`/proc/${pid}/${file}`, 'utf8'));
      } catch {
        // It has ended, or is another user's.
      }
    }
  }
  return texts.join('\0');
}

const passwords = [
  'plain',
  ' blanks at the ends ',
  'a#b;c=d',
  `quotes ' " \` and \\ and \\n and \\"`,
  '"quoted"',
  "'quoted'",
  'é€😀',
  'line\nbreak\ttab',
  '--',
];

describe.each(servers)('a password on $name', (server) => {
  const running = useServer(server);

  async function withPassword(password: string): Promise<Target> {
    const database = await running().createDatabase();
    const admin = await running().adminSession();
    await admin.run('DROP USER IF EXISTS keeper@localhost');
    await admin.run(`CREATE USER keeper@localhost IDENTIFIED BY ${quoteText(password)}`);
    await admin.run(`GRANT ALL ON \`${database}\`.* TO keeper@localhost`);
    return { ...running().target(database), user: 'keeper', password: new Secret(password) };
  }

  it.each(passwords)('works for the driver, the dump and the client: %j', async (password) => {
    const context = running().context();
    const clients = await findClients(context, server.flavour);
    const target = await withPassword(password);
    await withSession(context, target, (session) => session.run('SELECT 1'));
    const dump = await startDump(context, clients, target);
    dump.stdout.resume();
    await dump.finished;
    await loadSql(context, clients, target, Readable.from([Buffer.from('SELECT 1;\n')]));
  });

  it('is in no argument and no environment while programs run, and in no file afterwards', async () => {
    const context = running().context();
    const clients = await findClients(context, server.flavour);
    const password = `hush-${Date.now()}-hush`;
    const target = await withPassword(password);
    let seen = '';
    async function* source(): AsyncGenerator<Buffer> {
      yield Buffer.from('SELECT 1;\n');
      // Many times: while a program becomes another, it has no arguments for whoever looks. The client waits for us.
      for (let looks = 0; looks < 20;) {
        if (processesBelow(process.pid).some((below) => below.arguments.includes('--defaults-file=')))
          looks += 1;
        seen += everyProcess();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
    await loadSql(context, clients, target, source());
    expect(seen).toContain('--defaults-file=');
    expect(seen).not.toContain(password);
  });

  it('is in a file that nobody else can read, in a folder that nobody else can enter', async () => {
    const file = await makeOptionFile(await withPassword('x'), server.flavour);
    expect(statSync(file.path).mode & 0o777).toBe(0o600);
    expect(statSync(file.path.replace(/\/[^/]+$/, '')).mode & 0o777).toBe(0o700);
    await file.remove();
    expect(() => statSync(file.path)).toThrow('ENOENT');
  });
});
