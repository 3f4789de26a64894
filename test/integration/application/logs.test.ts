import { appendFileSync, copyFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { isRotationOf } from '../../../scripts/application/log-position.ts';
import { logBaseline, markAgain, newLogErrors } from '../../../scripts/application/logs.ts';
import { temporaryFolder, testContext, type TestContext } from '../../helpers/context.ts';
import { writeTree } from '../../helpers/packages.ts';

let log: string;
let context: TestContext;

beforeEach(() => {
  const app = temporaryFolder('logs');
  writeTree(app, {
    'logs/error.log': '[10:00:00] Error: the mail server 10.0.0.7 is slow\n[10:00:01] started\n',
  });
  log = join(app, 'logs', 'error.log');
  context = testContext({ config: { APP_DIR: app, APP_LOGS: ['logs/error.log'] } });
});

/** The lines that count as new after something happened to the log. */
async function newAfter(event: () => void): Promise<string[]> {
  const baseline = await logBaseline(context);
  event();
  return (await newLogErrors(context, JSON.parse(JSON.stringify(baseline)) as typeof baseline)).map(
    ({ line }) => line,
  );
}

describe('errors in the logs after an upgrade', () => {
  it('are those that were added and had no like before', async () => {
    const lines = await newAfter(() =>
      appendFileSync(
        log,
        '[11:00:00] Error: the mail server 10.0.0.9 is slow\n[11:00:01] Error: column x is unknown\nfine\n',
      ),
    );
    expect(lines).toEqual(['[11:00:01] Error: column x is unknown']);
  });

  it('are none when nothing was added', async () => {
    expect(await newAfter(() => undefined)).toEqual([]);
  });

  it('are found in a log that was not there before', async () => {
    rmSync(log);
    expect(await newAfter(() => writeFileSync(log, 'Fatal: first line ever\n'))).toEqual([
      'Fatal: first line ever',
    ]);
  });

  it('are found in a log that was emptied meanwhile', async () => {
    const lines = await newAfter(() => {
      truncateSync(log);
      appendFileSync(log, 'Error: after truncation\n');
    });
    expect(lines).toEqual(['Error: after truncation']);
  });

  it('are found on both sides of a rotation', async () => {
    const lines = await newAfter(() => {
      appendFileSync(log, 'Error: before rotation\n');
      renameSync(log, `${log}.1`);
      writeFileSync(log, 'Error: after rotation\n');
    });
    expect(lines).toEqual(['Error: before rotation', 'Error: after rotation']);
  });

  it('do not count again in a copy of the log, as it is carried into the new tree', async () => {
    const lines = await newAfter(() => {
      copyFileSync(log, `${log}.copy`);
      rmSync(log);
      renameSync(`${log}.copy`, log);
      appendFileSync(log, 'Error: in the copy\n');
    });
    expect(lines).toEqual(['Error: in the copy']);
  });

  it('are none when the log is gone', async () => {
    expect(await newAfter(() => rmSync(log))).toEqual([]);
  });

  it('are counted, one line standing for all of its kind', async () => {
    const baseline = await logBaseline(context);
    for (let id = 0; id < 50; id += 1) appendFileSync(log, `Error: user ${id} has no address\n`);
    expect(await newLogErrors(context, baseline)).toEqual([
      { log: 'logs/error.log', number: 3, line: 'Error: user 0 has no address', count: 50 },
    ]);
  });

  it('have the file and the number of the line, in a rotated log those of the file that it is in now', async () => {
    const baseline = await logBaseline(context);
    appendFileSync(log, 'fine\n\nError: before rotation\n');
    renameSync(log, `${log}.1`);
    writeFileSync(log, 'fine\nError: after rotation\nError: before rotation\n');
    expect(await newLogErrors(context, baseline)).toEqual([
      { log: `${log}.1`, number: 5, line: 'Error: before rotation', count: 1 },
      { log: 'logs/error.log', number: 2, line: 'Error: after rotation', count: 1 },
    ]);
  });
});

describe('the logs of the old version', () => {
  it('are marked again: what was logged meanwhile is known, on both sides of rotations, and not looked at again', async () => {
    const baseline = await logBaseline(context);
    appendFileSync(log, 'Error: the archive is full\n');
    renameSync(log, `${log}.2`);
    writeFileSync(log, 'Error: the queue is stuck\n');
    renameSync(log, `${log}.1`);
    writeFileSync(log, 'Error: the cache is cold\n');
    const again = await markAgain(context, baseline);
    expect(await newLogErrors(context, again)).toEqual([]);
    appendFileSync(
      log,
      '[11:00:00] Error: the mail server 10.0.0.1 is slow\nError: the archive is full\nError: the queue is stuck\n' +
        'Error: the cache is cold\nError: column x is unknown\n',
    );
    expect(await newLogErrors(context, again)).toMatchObject([
      { number: 6, line: 'Error: column x is unknown' },
    ]);
    expect(context.events).toEqual([]);
  });

  it('have the errors of the newest rotated file as their history, when they begin anew', async () => {
    writeFileSync(`${log}.2.gz`, 'packed');
    renameSync(log, `${log}.1`);
    writeFileSync(log, '[10:10:00] started\n');
    const lines = await newAfter(() =>
      appendFileSync(log, '[11:00:00] Error: the mail server 10.0.0.9 is slow\nError: column x is unknown\n'),
    );
    expect(lines).toEqual(['Error: column x is unknown']);
  });

  it('are searched to their end, however much was added; lines and counts go across pieces', async () => {
    const baseline = await logBaseline(context);
    const filler = `[info] ${'…'.repeat(2000)}\n`.repeat(1000);
    for (let times = 0; times < 4; times += 1) appendFileSync(log, `${filler}Error: column x is unknown\n`);
    expect(await newLogErrors(context, baseline)).toEqual([
      { log: 'logs/error.log', number: 1003, line: 'Error: column x is unknown', count: 4 },
    ]);
  });

  it('say so when a part of them is not read', async () => {
    const baseline = await logBaseline(context);
    appendFileSync(log, `${'[info] fine\n'.repeat(10)}Error: column x is unknown\n`);
    expect(await newLogErrors(context, baseline, 100)).toEqual([]);
    await markAgain(context, baseline, 100);
    const facts = { log: 'logs/error.log', unreadBytes: 47 };
    expect(context.events).toEqual([
      { type: 'warning', note: 'log-not-read', facts },
      { type: 'warning', note: 'log-not-learned', facts },
    ]);
  });
});

it.each([
  ['error.log.1', true],
  ['error.log-20261122', true],
  ['error-2026-11-22.log', true],
  ['error.1.log', true],
  ['error.log.2.gz', false],
  ['error_mail.log', false],
  ['errors.log', false],
  ['error.logs', false],
])('%s is a rotation of error.log: %s', (name, expected) => {
  expect(isRotationOf(name, 'error.log')).toBe(expected);
});

it('without APP_LOGS nothing is looked at', async () => {
  const none = testContext({ config: { APP_DIR: temporaryFolder('logs') } });
  expect(await newLogErrors(none, await logBaseline(none))).toEqual([]);
});
