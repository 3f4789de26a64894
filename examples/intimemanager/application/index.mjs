// What the web server calls for each request: {method, url, headers, body} in, {status, headers, body} out.

import { existsSync } from 'node:fs';
import { readFile, writeFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { withDatabase } from './lib/database.mjs';
import { addEntry, avatarOf, checkTables } from './lib/queries.mjs';
import { homePage } from './lib/home.mjs';
import { logError } from './lib/log.mjs';
import { errorPage, maintenancePage } from './lib/page.mjs';
import { home, version } from './lib/settings.mjs';

const html = (status, body, headers = {}) => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store', ...headers },
  body,
});
const text = (status, body) => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
  body: `${body}\n`,
});

const inMaintenance = () => existsSync(join(home, 'maintenance.flag'));

/** The truth about this version and its database, maintenance or not. */
async function health() {
  try {
    await withDatabase(checkTables);
    return text(200, `ok ${version}`);
  } catch (error) {
    // While the database is being migrated this is expected: whoever asks is told, the log is not.
    if (!inMaintenance()) await logError('/health', error);
    return text(503, `unhealthy ${version}: ${error.message}`);
  }
}

async function showHome() {
  return html(200, await withDatabase(homePage));
}

async function postEntry({ body }) {
  const form = new URLSearchParams(body.toString());
  const entry = {
    user: Number(form.get('user')),
    project: Number(form.get('project')),
    day: form.get('day') ?? '',
    hours: Number(form.get('hours')),
    note: form.get('note') ?? '',
  };
  const valid = entry.user > 0 && entry.project > 0 && entry.hours > 0 && /^\d{4}-\d\d-\d\d$/.test(entry.day);
  if (!valid) return text(400, 'user, project, day (2025-12-31) and hours are needed');
  await withDatabase((database) => addEntry(database, entry));
  return { status: 303, headers: { location: '/' }, body: '' };
}

async function showAvatar(_request, id) {
  const picture = await withDatabase((database) => avatarOf(database, Number(id)));
  return picture
    ? { status: 200, headers: { 'content-type': 'image/bmp' }, body: picture }
    : text(404, 'none');
}

/** Receipts: files of the users', in a folder that outlives the release. */
async function putUpload({ body }, name) {
  await mkdir(join(home, 'uploads'), { recursive: true });
  await writeFile(join(home, 'uploads', name), body);
  return text(201, `uploads/${name}`);
}

async function getFile(folder, type, name) {
  const file = join(home, folder, name);
  if (!existsSync(file)) return text(404, 'none');
  return { status: 200, headers: { 'content-type': type }, body: await readFile(file) };
}

const routes = [
  ['GET', /^\/$/, showHome],
  ['POST', /^\/entries$/, postEntry],
  ['GET', /^\/avatars\/(\d+)$/, showAvatar],
  ['PUT', /^\/uploads\/([\w-]+\.[\w]+)$/, putUpload],
  ['GET', /^\/uploads\/([\w-]+\.[\w]+)$/, (_, name) => getFile('uploads', 'application/octet-stream', name)],
  ['GET', /^\/(style\.css)$/, (_, name) => getFile('public', 'text/css; charset=utf-8', name)],
];

export async function handle(request) {
  const path = new URL(request.url, 'http://localhost').pathname;
  if (path === '/health') return health();
  if (inMaintenance() && path !== '/style.css') {
    return html(503, maintenancePage(), { 'retry-after': '120' });
  }
  for (const [method, pattern, work] of routes) {
    const match = pattern.exec(path);
    if (match === null || method !== request.method) continue;
    try {
      return await work(request, match[1]);
    } catch (error) {
      await logError(path, error);
      return html(500, errorPage());
    }
  }
  return text(404, 'Il n’y a rien ici. There is nothing here.');
}
