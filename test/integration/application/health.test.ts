import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { checkApplication, checkHealth } from '../../../scripts/application/health.ts';
import type { Config } from '../../../scripts/config/settings.ts';
import { temporaryFolder, testContext, type TestContext } from '../../helpers/context.ts';
import { failureOf } from '../../helpers/failure.ts';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A server that answers so; its address. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/health`;
}

const contextFor = (url: string, config: Partial<Config> = {}): TestContext =>
  testContext({
    config: { APP_HEALTH_URL: url, APP_HEALTH_TEXT: 'ok {version}', APP_HEALTH_TIMEOUT: 1500, ...config },
  });

describe('the health check', () => {
  it('passes when the page holds the text with the version that is expected', async () => {
    const url = await serve((_, response) => response.end('status: ok 1.1.0\n'));
    const context = contextFor(url, { APP_HEALTH_TIMEOUT: 60_000 });
    expect(await checkHealth(context, { version: '1.1.0' })).toEqual({
      url,
      attempts: 1,
      weak: false,
    });
  });

  it('goes on asking while the application starts, and passes in the end', async () => {
    let asked = 0;
    const url = await serve((request, response) => {
      asked += 1;
      if (asked === 1) return void request.socket.destroy();
      response.statusCode = asked === 2 ? 503 : 200;
      response.end('ok 1.1.0');
    });
    expect(
      await checkHealth(contextFor(url, { APP_HEALTH_TIMEOUT: 60_000 }), { version: '1.1.0' }),
    ).toMatchObject({
      attempts: 3,
    });
  });

  it('does not wait for a first request that hangs: it asks again beside it', async () => {
    let asked = 0;
    const url = await serve((_, response) => {
      asked += 1;
      if (asked > 1) response.end('ok 1.1.0');
    });
    const context = contextFor(url, { APP_HEALTH_TIMEOUT: 4000 });
    expect(await checkHealth(context, { version: '1.1.0' })).toMatchObject({ attempts: 2 });
  });

  it('lets a page that is slow each time take nearly the whole time', async () => {
    const url = await serve((_, response) => void setTimeout(() => response.end('ok 1.1.0'), 4500));
    const context = contextFor(url, { APP_HEALTH_TIMEOUT: 6000 });
    expect(await checkHealth(context, { version: '1.1.0' })).toMatchObject({ weak: false });
  });

  it('takes an error page with status 200 for what it is', async () => {
    const url = await serve((_, response) => response.end('<h1>Database error</h1>'.padEnd(5000, '.')));
    const failure = await failureOf(checkHealth(contextFor(url), { version: '1.1.0' }));
    expect(failure.code).toBe('health-failed');
    expect(failure.message).toContain('“ok 1.1.0” is not in the page: <h1>Database error</h1>');
    expect(failure.message.length).toBeLessThan(500);
  });

  it('fails with the last status and the reason when nothing listens', async () => {
    // A port that is taken, so that nobody else comes to listen there: it is the other end of a connection.
    const { port } = new URL(await serve((_, response) => response.end()));
    const taken = connect(Number(port), '127.0.0.1');
    await once(taken, 'connect');
    const url = `http://127.0.0.1:${taken.localPort}/health`;
    const failure = await failureOf(checkHealth(contextFor(url), { version: '1.1.0' }));
    expect(failure.message).toContain('ECONNREFUSED');
    taken.destroy();
  });

  it('does not follow a way to a login page', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/login') return void response.end('ok 1.1.0');
      response.writeHead(302, { location: '/login' }).end();
    });
    const failure = await failureOf(checkHealth(contextFor(url), { version: '1.1.0' }));
    expect(failure.message).toContain('status 302, which sends on to /login');
  });

  it('asks with the query of the address, in which a token may be, and shows neither it nor that of a redirect', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/health?key=s3cret') return void response.end('ok 1.1.0');
      response.writeHead(302, { location: '/login?next=s3cret' }).end();
    });
    const well = contextFor(`${url}?key=s3cret`);
    expect(await checkHealth(well, { version: '1.1.0' })).toMatchObject({ url });
    const ill = contextFor(`${url}?key=s3cret.`);
    const failure = await failureOf(checkHealth(ill, { version: '1.1.0' }));
    expect(failure.message).toContain('sends on to /login');
    expect(JSON.stringify([well.events, ill.events, failure.message])).not.toContain('s3cret');
  });

  it('does not wait for a page that never ends, nor keep all that it sends', async () => {
    const url = await serve((_, response) => {
      response.write('x'.repeat(10_000));
    });
    const started = performance.now();
    await failureOf(checkHealth(contextFor(url), { version: '1.1.0' }));
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it('without a text says that it is weak; without a page, that it tells nothing', async () => {
    const url = await serve((_, response) => response.end('anything'));
    const weak = testContext({ config: { APP_HEALTH_URL: url } });
    expect(await checkHealth(weak)).toMatchObject({ weak: true });
    expect(weak.events).toContainEqual({ type: 'warning', note: 'health-weak', facts: {} });
    const blind = testContext();
    expect(await checkHealth(blind)).toBeUndefined();
    expect(blind.events).toContainEqual({ type: 'warning', note: 'health-not-set', facts: {} });
  });

  it('is not cut short by an interruption: the way back needs it', async () => {
    const stop = new AbortController();
    stop.abort();
    let asked = 0;
    const url = await serve((_, response) => {
      asked += 1;
      response.statusCode = asked < 3 ? 503 : 200;
      response.end('ok 1.1.0');
    });
    const context = { ...contextFor(url, { APP_HEALTH_TIMEOUT: 60_000 }), signal: stop.signal };
    expect(await checkHealth(context, { version: '1.1.0' })).toMatchObject({ attempts: 3 });
  });
});

describe('the check of the installed application', () => {
  it('asks for the installed version, then runs the smoke test in the application', async () => {
    const app = temporaryFolder('app');
    writeFileSync(join(app, 'VERSION'), '1.4.0\n');
    const url = await serve((_, response) => response.end('ok 1.4.0'));
    const config = { APP_DIR: app, APP_SMOKE_COMMAND: 'test -f VERSION' };
    expect(await checkApplication(contextFor(url, config))).toMatchObject({ version: '1.4.0', smoke: true });
    const failing = contextFor(url, { ...config, APP_SMOKE_COMMAND: 'echo login is broken; exit 1' });
    const failure = await failureOf(checkApplication(failing));
    expect([failure.code, failure.message.includes('login is broken')]).toEqual(['smoke-failed', true]);
  });

  it('says so when nothing is installed', async () => {
    const context = contextFor('http://127.0.0.1:9/', { APP_DIR: join(temporaryFolder('app'), 'not-there') });
    expect((await failureOf(checkApplication(context))).code).toBe('not-installed');
  });
});
