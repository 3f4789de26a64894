import { describe, expect, test } from 'vitest';
import { connect } from '../../../scripts/database/session/session.ts';
import { endOrphans } from '../../../scripts/migrations/in-doubt/orphan.ts';
import { ensureLedger } from '../../../scripts/migrations/ledger/make-ledger.ts';
import { connectionRunning } from '../../helpers/held-statement.ts';
import { servers, useServer } from '../../helpers/servers.ts';
import { look } from './helpers.ts';

describe.each(servers)('on $name, what a dead run left the server with', (server) => {
  const running = useServer(server);

  test.each([
    { state: 'applying', inFlight: `CONCAT('1:', REPEAT('a', 64))`, since: 'UTC_TIMESTAMP(3)', ended: true },
    { state: 'failed', inFlight: `CONCAT('1:', REPEAT('a', 64))`, since: 'UTC_TIMESTAMP(3)', ended: true },
    { state: 'failed', inFlight: 'NULL', since: 'UTC_TIMESTAMP(3)', ended: false },
    // Then the number is another client's: the server was started after that run.
    { state: 'applying', inFlight: 'NULL', since: 'UTC_TIMESTAMP(3) - INTERVAL 1 DAY', ended: false },
  ])('is ended: $ended, of a row that is $state since $since', async ({ state, inFlight, since, ended }) => {
    const context = running().context();
    const target = running().target(await running().createDatabase());
    const left = await connect(context, target);
    const eyes = await look(context, target);
    await ensureLedger(eyes.session, target.database);
    await eyes.session.run(
      `INSERT INTO schema_versions SET version = '001', name = 'a', checksum = '', state = '${state}', statements = 2,
       statements_done = 0, done_hash = '', in_flight = ${inFlight}, connection_id = ${left.connectionId},
       started_at = ${since}, applied_by = 'a test', run_id = 'test'`,
    );
    // Long enough to be there while the others are ended, or else until it is ended.
    const statement = left.run(`SELECT SLEEP(${ended ? 100 : 3}) AS left_behind`).then(
      () => 'went on',
      () => 'ended',
    );
    await connectionRunning(await running().adminSession(), 'left_behind');
    await endOrphans(context, target);
    expect(await statement).toBe(ended ? 'ended' : 'went on');
    left.destroy();
  });

  test('is nothing where there is no ledger', async () => {
    const target = running().target(await running().createDatabase());
    await expect(endOrphans(running().context(), target)).resolves.toBeUndefined();
  });
});
