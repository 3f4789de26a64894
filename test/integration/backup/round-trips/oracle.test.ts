import { describe, expect, test } from 'vitest';
import { everyServer, useServer } from '../../../helpers/servers.ts';
import { findClients, runScript, vendorDump } from '../../../helpers/vendor-clients.ts';
import { withoutNewCharset } from './oracle.ts';
import { themesOf } from './themes.ts';

// What the oracle overlooks is what the vendor’s own client changes as well, and nothing beyond it.
describe.each(everyServer.filter(({ flavour }) => flavour === 'mysql'))('on $name', (server) => {
  const running = useServer(server);

  test('the vendor’s own dump, loaded by the vendor’s own client, is dumped with charsets that were not there', async () => {
    const context = running().context();
    const clients = await findClients(context, server.flavour);
    const access = { clients, socket: running().socket };
    const [source, copy] = [await running().createDatabase(), await running().createDatabase()];
    for (const script of themesOf(server).find(({ name }) => name === 'charsets')?.scripts ?? [])
      await runScript(access, source, script);
    const first = await vendorDump(access, source, ['--skip-comments']);
    await runScript(access, copy, first);
    const second = await vendorDump(access, copy, ['--skip-comments']);

    const lines = (dump: Buffer): string[] => dump.toString('latin1').split('\n');
    const changed = lines(second).filter((line, at) => line !== lines(first)[at]);
    expect(changed).not.toEqual([]);
    expect(lines(second).map(withoutNewCharset)).toEqual(lines(first).map(withoutNewCharset));
  });
});
