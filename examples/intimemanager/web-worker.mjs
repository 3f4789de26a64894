// The thread that one loaded application runs in.

import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';

const { handle } = await import(pathToFileURL(join(realpathSync(workerData.dir), 'index.mjs')).href);

parentPort.on('message', async ({ id, request }) => {
  const answer = await handle({ ...request, body: Buffer.from(request.body) });
  parentPort.postMessage({ id, answer });
});
