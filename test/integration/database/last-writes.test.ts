import { describe, expect, it } from 'vitest';
import { readLastWrites, writtenSince } from '../../../scripts/database/last-writes.ts';
import { servers, useServer } from '../../helpers/servers.ts';

describe.each(servers)('the last writes on $name', (server) => {
  const running = useServer(server);

  it('tell of one who goes on writing within the second of the reading, and wait for nobody else', async () => {
    const context = running().context();
    const database = await running().createDatabase('written');
    const session = await running().adminSession();
    for (const table of ['kept', 'log']) await session.run(`CREATE TABLE \`${database}\`.${table} (id INT)`);
    const read = async () => ({
      atMs: context.clock.monotonicMs(),
      writes: await readLastWrites(session, database),
    });
    expect(await writtenSince(context, session, database, await read())).toEqual([]);

    await session.run(`INSERT INTO \`${database}\`.kept VALUES (1)`);
    await session.run(`INSERT INTO \`${database}\`.log VALUES (1)`);
    const writer = await running().adminSession();
    const ended = new AbortController();
    const writing = (async () => {
      while (!ended.signal.aborted) {
        await writer.run(`INSERT INTO \`${database}\`.log VALUES (2)`);
        await context.clock.sleep(20, context.signal);
      }
    })();
    const found = await writtenSince(context, session, database, await read());
    ended.abort();
    await writing;
    expect(found).toEqual(['log']);
    expect(await writtenSince(context, session, database, await read())).toEqual([]);
  });
});
