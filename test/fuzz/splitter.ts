import { parseArgs } from 'node:util';
import { connect } from '../../scripts/database/session/session.ts';
import { startThrowaway, type Throwaway } from '../../scripts/server/throwaway.ts';
import { clientOracle, type Oracle } from '../helpers/client-oracle.ts';
import { testContext } from '../helpers/context.ts';
import { generateScript } from '../helpers/script-generator.ts';
import { clientFolder, servers, type TestServer } from '../helpers/servers.ts';
import { compare, described, shrink } from '../helpers/splitter-difference.ts';
import { findClients } from '../helpers/vendor-clients.ts';

/**
 * `npm run fuzz`: compares the splitter with the clients of every flavour that is found, over other scripts all the time.
 * It ends with 1 at the first script that they cut differently, and prints it, made small, and its seed.
 */
const batch = 5000;

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '600' }, seed: { type: 'string', default: '' } },
});
const seconds = Number(values.seconds);
const firstSeed = values.seed === '' ? Date.now() % 2 ** 31 : Number(values.seed);
if (!(seconds > 0) || !Number.isSafeInteger(firstSeed)) {
  console.error('usage: npm run fuzz -- [--seconds N] [--seed N]');
  process.exit(2);
}

async function oracleOn(server: TestServer, running: Throwaway): Promise<Oracle> {
  const context = testContext();
  const { client } = await findClients(context, server.flavour, clientFolder(server));
  const admin = await connect(context, running.target('mysql'), { database: null });
  closing.push(async () => admin.close());
  await admin.run('CREATE DATABASE fuzz');
  return clientOracle({ flavour: server.flavour, client, socket: running.socket, database: 'fuzz', admin });
}

const closing: (() => Promise<void>)[] = [];
let failed = false;
try {
  const oracles: { readonly name: string; readonly oracle: Oracle }[] = [];
  for (const server of servers) {
    const running = await startThrowaway(testContext(), server.programs);
    closing.push(() => running.close());
    oracles.push({ name: server.name, oracle: await oracleOn(server, running) });
  }
  const until = Date.now() + seconds * 1000;
  for (let seed = firstSeed; !failed && Date.now() < until; seed += batch) {
    const scripts = Array.from({ length: batch }, (_, index) => generateScript(seed + index));
    for (const { name, oracle } of oracles) {
      const { differences, refused } = await compare(oracle, scripts);
      console.log(
        `${name}: seeds ${seed} to ${seed + batch - 1}, ${refused} refused, ${differences.length} different`,
      );
      const [difference] = differences;
      if (difference === undefined) continue;
      failed = true;
      console.log(`seed ${seed + scripts.indexOf(difference.script as string[])}`);
      console.log(described(await shrink(oracle, difference)));
    }
  }
} finally {
  for (const close of closing.reverse()) await close();
}
process.exitCode = failed ? 1 : 0;
