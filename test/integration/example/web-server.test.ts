import { mkdir, rename, symlink, unlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startWebServer } from '../../../examples/intimemanager/web-server.mjs';
import { temporaryFolder } from '../../helpers/context.ts';

const folder = temporaryFolder('web');

async function application(version: string, code: string): Promise<string> {
  const dir = join(folder, version);
  await mkdir(join(dir, 'lib'), { recursive: true });
  await writeFile(join(dir, 'VERSION'), version);
  await writeFile(join(dir, 'lib', 'text.mjs'), `export const text = 'this is ${version}';`);
  await writeFile(join(dir, 'index.mjs'), code);
  return dir;
}

const sound = `import { text } from './lib/text.mjs';
export const handle = async ({ body }) => ({ status: 200, headers: {}, body: text + body });`;

describe('the web server of the example', async () => {
  const live = join(folder, 'live');
  const web = await startWebServer(live, 0);
  // It says there why an application stopped: these are meant to.
  beforeAll(() => void vi.spyOn(console, 'error').mockImplementation(() => undefined));
  afterAll(() => web.close());
  const get = async (init: RequestInit = {}): Promise<[number, string]> => {
    const response = await fetch(web.url, init);
    return [response.status, await response.text()];
  };

  it('answers 503 while the folder is missing', async () => {
    expect((await get())[0]).toBe(503);
  });

  it('shows another release at once, its inner modules too, whether the folder or a link is switched', async () => {
    const [one, two] = [await application('one', sound), await application('two', sound)];
    await rename(one, live);
    expect(await get()).toEqual([200, 'this is one']);
    await rename(live, one);
    await rename(two, live);
    expect(await get({ method: 'POST', body: '!' })).toEqual([200, 'this is two!']);
    await rename(live, two);
    await symlink('one', live);
    expect(await get()).toEqual([200, 'this is one']);
    await unlink(live);
    await symlink('two', live);
    expect(await get()).toEqual([200, 'this is two']);
    await unlink(live);
  });

  it('answers 500 for an application that cannot be loaded, throws or ends its process, and lives on', async () => {
    const throwing = 'export const handle = async () => { throw new Error("late"); };';
    const exiting = 'export const handle = () => process.exit(1);';
    const codes = ['throw new Error("early");', 'this is no code', throwing, exiting];
    for (const [n, code] of codes.entries()) {
      await rename(await application(`broken-${n}`, code), live);
      expect((await get())[0]).toBe(500);
      expect((await get())[0]).toBe(500);
      await rename(live, join(folder, `was-${n}`));
    }
    await symlink('one', live);
    expect(await get()).toEqual([200, 'this is one']);
  });

  it('never answers wrongly while the folder is switched under many requests', async () => {
    await unlink(live);
    await rename(join(folder, 'one'), live);
    const answers: Promise<[number, string]>[] = [];
    for (let turn = 0; turn < 10; turn++) {
      answers.push(get(), get());
      await rename(live, join(folder, turn % 2 === 0 ? 'one' : 'two'));
      answers.push(get());
      await rename(join(folder, turn % 2 === 0 ? 'two' : 'one'), live);
      answers.push(get());
    }
    for (const [status, text] of await Promise.all(answers)) {
      expect([200, 503]).toContain(status);
      if (status === 200) expect(['this is one', 'this is two']).toContain(text);
    }
    expect(await get()).toEqual([200, 'this is one']);
  });

  it('listens on a Unix socket as well', async () => {
    const socketPath = join(folder, 'web.sock');
    const other = await startWebServer(live, socketPath);
    expect(other.url).toBe(`unix:${socketPath}`);
    const status = await new Promise((resolve, reject) => {
      request({ socketPath, path: '/' }, (response) => resolve(response.statusCode))
        .on('error', reject)
        .end();
    });
    expect(status).toBe(200);
    await other.close();
  });
});
