import { realpath } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { connect } from '../../../scripts/database/session/session.ts';
import type { Target } from '../../../scripts/database/session/target.ts';
import { MajError } from '../../../scripts/core/errors.ts';
import { asOurselves } from '../../../scripts/server/isolation.ts';
import { placesIn, serverOptions } from '../../../scripts/server/server-options.ts';
import { serverTemplate } from '../../../scripts/server/server-template.ts';
import { supervise } from '../../../scripts/server/supervisor.ts';
import { makeTemporaryFolder } from '../../../scripts/system/temporary.ts';
import { testContext } from '../../helpers/context.ts';
import { servers } from '../../helpers/servers.ts';

/** MariaDB can be told what to say that it is (`--version`). */
const mariadb = servers.filter(({ flavour }) => flavour === 'mariadb');

it.each(mariadb)(
  'refuses, before anything else, what $name says it is when that is TiDB',
  async ({ programs }) => {
    const context = testContext();
    const folder = await realpath(await makeTemporaryFolder('stranger'));
    const options = [...serverOptions(programs, folder, {}), '--version=8.0.11-TiDB-v7.5.0'];
    const command = [programs.server, ...options] as const;
    const server = supervise(
      context,
      folder,
      await serverTemplate(context, programs, {}),
      command,
      asOurselves,
    );
    try {
      const { socket } = placesIn(folder);
      const target: Target = {
        ...{ host: 'localhost', port: 0, socket, user: 'root', password: undefined },
        ...{ database: 'mysql', sslMode: 'disabled', sslCa: undefined },
      };
      const refusal = { code: 'server-not-supported', facts: { stranger: 'TiDB', address: socket } };
      await expect(firstAnswer(() => connect(context, target))).rejects.toMatchObject(refusal);
      // It may not even take the state that sessions are put into.
      const nonsense = { sqlMode: 'NO_SUCH_MODE' };
      await expect(connect(context, target, nonsense)).rejects.toMatchObject(refusal);
    } finally {
      await server.close();
    }
  },
);

/** What comes once the server answers at all. */
async function firstAnswer<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof MajError) || error.code !== 'database-unreachable') throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
