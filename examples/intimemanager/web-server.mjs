#!/usr/bin/env node
// Plays the part of Apache and PHP: it is no part of a release, and loads the application anew whenever the folder
// holds another one, so that a switch of the folder shows at the next request.
//
//   node web-server.mjs DIR PORT|SOCKET      port 0: any free one

import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';

const workerFile = new URL('web-worker.mjs', import.meta.url);
const answerTimeMs = 15_000;
const bodyLimit = 4 * 1024 * 1024;

const plain = (status, text) => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8', ...(status === 503 ? { 'retry-after': '2' } : {}) },
  body: `${text}\n`,
});

/**
 * What tells one state of the application's folder from another; undefined while there is no application in it.
 * The folder counts too: its ctime changes when it is moved, even when it is moved back.
 */
async function stampOf(dir) {
  const stampOfFile = async (name) => {
    const { ino, ctimeNs, mtimeNs, size } = await stat(join(dir, name), { bigint: true });
    return `${ino}:${ctimeNs}:${mtimeNs}:${size}`;
  };
  try {
    return (await Promise.all(['.', 'index.mjs', 'VERSION'].map(stampOfFile))).join(' ');
  } catch {
    return undefined;
  }
}

/** One loaded application, in a thread of its own: its modules go when it goes. */
class LoadedApplication {
  #waiting = new Map();
  #worker;
  #next = 0;
  #retired = false;

  constructor(dir, stamp) {
    this.stamp = stamp;
    this.broken = false;
    this.#worker = new Worker(workerFile, { workerData: { dir } });
    this.#worker.on('message', ({ id, answer }) => this.#settle(id, answer));
    this.#worker.on('error', (error) => this.#fail(`The application stopped: ${error.message}`));
    this.#worker.on('exit', () => this.#fail('The application stopped.'));
  }

  answer(request) {
    return new Promise((settle) => {
      const id = this.#next++;
      const timer = setTimeout(() => this.#fail('The application does not answer.'), answerTimeMs);
      this.#waiting.set(id, { settle, timer });
      this.#worker.postMessage({ id, request });
    });
  }

  /** Lets it finish what it is doing, then ends it. */
  retire() {
    this.#retired = true;
    if (this.#waiting.size === 0) void this.#worker.terminate();
  }

  #settle(id, answer) {
    const { settle, timer } = this.#waiting.get(id) ?? {};
    clearTimeout(timer);
    this.#waiting.delete(id);
    settle?.(answer);
    if (this.#retired) this.retire();
  }

  #fail(reason) {
    this.broken = true;
    if (this.#waiting.size > 0) console.error(reason);
    for (const id of this.#waiting.keys()) this.#settle(id, plain(500, reason));
    void this.#worker.terminate();
  }
}

async function bodyOf(request) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > bodyLimit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * Serves the application in a folder.
 *
 * @param {string} folder the application; it may be missing, be replaced or be broken at any time
 * @param {string | number} where a port of 127.0.0.1 (0: any free one) or the path of a Unix socket
 * @returns {Promise<{ url: string, close: () => Promise<void> }>} once it listens
 */
export async function startWebServer(folder, where) {
  const dir = resolve(folder);
  let current;

  const answer = async (request) => {
    const body = await bodyOf(request);
    if (body === undefined) return plain(413, 'Too large.');
    const stamp = await stampOf(dir);
    if (stamp === undefined) return plain(503, 'There is no application here at the moment.');
    if (current === undefined || current.broken || current.stamp !== stamp) {
      current?.retire();
      current = new LoadedApplication(dir, stamp);
    }
    const { method, url, headers } = request;
    const reply = await current.answer({ method, url, headers, body });
    // A folder that was switched while it was loaded is no broken application.
    const torn = reply.status === 500 && (await stampOf(dir)) !== stamp;
    return torn ? plain(503, 'The application is being replaced.') : reply;
  };

  const server = createServer((request, response) => {
    answer(request)
      .catch((error) => plain(500, `The web server failed: ${error.message}`))
      .then(({ status, headers, body }) => response.writeHead(status, headers).end(body));
  });
  const port = /^\d+$/.test(String(where)) ? Number(where) : undefined;
  await new Promise((settle, reject) => {
    server.once('error', reject);
    if (port === undefined) server.listen(resolve(String(where)), settle);
    else server.listen(port, '127.0.0.1', settle);
  });
  const address = server.address();
  return {
    url: typeof address === 'string' ? `unix:${address}` : `http://127.0.0.1:${address.port}`,
    close: async () => {
      current?.retire();
      server.closeAllConnections();
      await new Promise((settle) => server.close(settle));
    },
  };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(resolve(process.argv[1])).href) {
  const [dir, where] = process.argv.slice(2);
  if (where === undefined) {
    console.error(`Usage: node ${fileURLToPath(import.meta.url)} DIR PORT|SOCKET`);
    process.exit(2);
  }
  const { url, close } = await startWebServer(dir, where);
  console.log(`Listening on ${url}`);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => close().then(() => process.exit(0)));
}
