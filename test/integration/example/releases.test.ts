import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildPackages } from '../../../examples/intimemanager/package.mjs';
import { startWebServer } from '../../../examples/intimemanager/web-server.mjs';
import { temporaryFolder } from '../../helpers/context.ts';
import { servers, useServer } from '../../helpers/servers.ts';
import { newInstallation } from './installation.ts';

const packages = temporaryFolder('packages');
beforeAll(async () => {
  await buildPackages(packages);
});

/** Serves a folder for the length of a piece of work. */
async function serving(folder: string, work: (get: typeof ask) => Promise<void>): Promise<void> {
  const web = await startWebServer(folder, 0);
  try {
    await work((path, init) => ask(`${web.url}${path}`, init));
  } finally {
    await web.close();
  }
}

async function ask(
  url: string,
  init: RequestInit = {},
): Promise<{ status: number; text: string; headers: Headers }> {
  const response = await fetch(url, { redirect: 'manual', ...init });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

describe.each(servers)('the example application on $name', (server) => {
  const running = useServer(server);

  it('is migrated by an ordinary user, seeded, served, and switched to 1.1.0 under the running web server', async () => {
    const site = await newInstallation(server, running());
    const [old, next] = [await site.unpack('1.0.0', packages), await site.unpack('1.1.0', packages)];
    expect(await site.migrate(old, '001', '003')).toMatchObject({ code: 0, stderr: '' });
    await site.seed(500);
    const live = join(site.folder, 'live');
    await rename(old, live);
    await serving(live, async (get) => {
      expect(await get('/health')).toMatchObject({ status: 200, text: 'ok 1.0.0\n' });
      const before = await get('/');
      expect(before.status).toBe(200);
      expect(before.text).toContain('IntimeManager 1.0.0</title>');
      expect(before.text).toContain('日本語サイト 🗾');
      expect(before.text).not.toContain('Taux horaire');

      await rename(live, old);
      expect((await get('/health')).status).toBe(503);
      await rename(next, live);
      const early = await get('/health');
      expect(early.status).toBe(503);
      expect(early.text).toContain('hourly_rate');
      expect(await site.migrate(live, '004', '007')).toMatchObject({ code: 0, stderr: '' });
      expect(await get('/health')).toMatchObject({ status: 200, text: 'ok 1.1.0\n' });
      const after = await get('/');
      expect(after.text).toContain('IntimeManager 1.1.0</footer>');
      expect(after.text).toContain('Taux horaire');
      expect(after.text).toContain('Congés d’été ☀️');
    });
    const [backfilled] = await site.rows('SELECT COUNT(*) AS n FROM timesheets WHERE amount > 0');
    expect(Number(backfilled?.['n'])).toBeGreaterThan(300);
  });

  it('stores what is entered in French and emoji, audits it, and keeps uploaded files', async () => {
    const site = await newInstallation(server, running());
    const release = await site.unpack('1.1.0', packages);
    await site.migrate(release, '001', '007');
    await serving(release, async (get) => {
      const note = `L'été <b>à</b> la plage 🏖️ ; \\ "fin"`;
      const body = new URLSearchParams({ user: '1', project: '1', day: '2026-01-05', hours: '2.75', note });
      expect((await get('/entries', { method: 'POST', body })).status).toBe(303);
      expect(await site.rows('SELECT note, minutes FROM timesheets')).toEqual([{ note, minutes: 165 }]);
      expect(await site.rows('SELECT action FROM audit_log')).toEqual([{ action: 'insert' }]);
      expect((await get('/')).text).toContain('L&#39;été &lt;b&gt;à&lt;/b&gt; la plage 🏖️');
      expect((await get('/entries', { method: 'POST', body: 'hours=1' })).status).toBe(400);

      expect((await get('/uploads/recu.txt', { method: 'PUT', body: 'Reçu n° 1' })).status).toBe(201);
      expect((await get('/uploads/recu.txt')).text).toBe('Reçu n° 1');
      expect(await readFile(join(release, 'uploads', 'recu.txt'), 'utf8')).toBe('Reçu n° 1');
    });
  });

  it('closes its pages during maintenance, while the health check still tells the truth', async () => {
    const site = await newInstallation(server, running());
    const release = await site.unpack('1.0.0', packages);
    await site.migrate(release, '001', '003');
    await serving(release, async (get) => {
      await writeFile(join(release, 'maintenance.flag'), '');
      const closed = await get('/');
      expect(closed.status).toBe(503);
      expect(closed.headers.get('retry-after')).toBe('120');
      expect(closed.text).toContain('en cours de mise à jour');
      expect(await get('/health')).toMatchObject({ status: 200, text: 'ok 1.0.0\n' });
      await rm(join(release, 'maintenance.flag'));
      expect((await get('/')).status).toBe(200);
    });
  });

  it('fails in 009 of 2.0.0 with error 1062 on real rows, and passes it on a fresh installation', async () => {
    const fresh = await newInstallation(server, running());
    expect(await fresh.migrate(await fresh.unpack('2.0.0', packages), '001', '009')).toMatchObject({
      code: 0,
    });

    const site = await newInstallation(server, running());
    const release = await site.unpack('2.0.0', packages);
    await site.migrate(release, '001', '003');
    await site.seed(200);
    expect(await site.migrate(release, '004', '008')).toMatchObject({ code: 0, stderr: '' });
    const failed = await site.migrate(release, '009', '009');
    expect(failed.code).not.toBe(0);
    expect(failed.stderr).toContain('ERROR 1062');
  });

  it('migrates to 2.0.1 on real rows, and is found broken by its health check, page and log', async () => {
    const site = await newInstallation(server, running());
    const release = await site.unpack('2.0.1', packages);
    await site.migrate(release, '001', '003');
    await site.seed(200);
    expect(await site.migrate(release, '004', '009')).toMatchObject({ code: 0, stderr: '' });
    expect(await site.rows('SELECT COUNT(*) AS n FROM merged_users')).toEqual([{ n: '2' }]);
    await serving(release, async (get) => {
      const health = await get('/health');
      expect(health.status).toBe(503);
      expect(health.text).toContain('login_email');
      expect((await get('/')).status).toBe(500);
      expect(await readFile(join(release, 'logs', 'error.log'), 'utf8')).toContain('[error] 2.0.1 /:');
    });
  });

  it('is seeded with the same rows every time', async () => {
    const contents = [];
    for (let time = 0; time < 2; time++) {
      const site = await newInstallation(server, running());
      await site.migrate(await site.unpack('1.0.0', packages), '001', '003');
      await site.seed(300);
      const tables = ['users WHERE id > 1', 'projects WHERE id > 1', 'timesheets', 'audit_log'];
      contents.push(await Promise.all(tables.map((table) => site.rows(`SELECT * FROM ${table}`))));
    }
    expect(contents[0]?.map((rows) => rows.length)).toEqual([42, 11, 300, 300]);
    expect(contents[1]).toEqual(contents[0]);
  });
});
