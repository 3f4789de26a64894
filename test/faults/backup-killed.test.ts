import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { listBackups } from '../../scripts/backup/list.ts';
import { verifyBackup } from '../../scripts/backup/verify.ts';
import { maj, startMaj } from '../helpers/cli.ts';
import { temporaryFolder, type TestContext } from '../helpers/context.ts';
import { sampleOf } from '../helpers/sample.ts';
import { servers, useServer, type TestServer } from '../helpers/servers.ts';
import { createEverything, createRows } from '../integration/backup/everything.ts';

/** What can be seen in the folder of backups: names, and those within a backup that is being written. */
function seenIn(backups: string): string[] {
  const names = namesIn(backups);
  return [...names, ...names.flatMap((name) => namesIn(join(backups, name))), ...partsIn(backups, names)];
}
const partsIn = (backups: string, names: readonly string[]): string[] =>
  names.flatMap((name) => namesIn(join(backups, name, 'database')));
const namesIn = (folder: string): string[] => {
  try {
    return readdirSync(folder).filter((name) => name !== '.gitignore');
  } catch {
    return [];
  }
};

/** When a backup is killed: as soon as this is seen. */
type Point = readonly [title: string, reached: (seen: readonly string[]) => boolean];

const has =
  (pattern: RegExp, count = 1) =>
  (seen: readonly string[]): boolean =>
    seen.filter((name) => pattern.test(name)).length >= count;

const points: readonly Point[] = [
  ['its folder is made', has(/\.partial$/)],
  ['its folder has an owner', has(/^owner\.json/)],
  ['the first part is begun', has(/^0000-header/)],
  ['the rows of a table are begun', has(/2-data-000/)],
  ['the files archive is begun', has(/^files\.tar/)],
  ['the list of files is written', has(/^files\.list/)],
  ['many parts are there', has(/\.sql\.\w+$/, 14)],
  ['the last part is begun', has(/-final\.sql/)],
  ['restore.sh is being written', has(/^restore\.sh/)],
  ['the manifest is being written', has(/^manifest\.json/)],
  ['the manifest is there', has(/^manifest\.json$/)],
  ['it has its name', has(/^\d{8}T\d{6}Z-[^.]*$/)],
];

/** Each server sees other points, and all of them with `make test-faults`. */
const pointsOf = (server: TestServer): readonly Point[] => sampleOf(points, servers.indexOf(server));

describe.each(servers)('a backup that is killed, on $name', (server) => {
  const running = useServer(server);
  let database = '';
  let app = '';
  beforeAll(async () => {
    database = await createEverything(running(), server.flavour);
    await createRows(running(), database, 'many', 6);
    app = temporaryFolder('app');
    for (let folder = 0; folder < 4; folder += 1) {
      mkdirSync(join(app, `folder-${folder}`));
      for (let file = 0; file < 100; file += 1)
        writeFileSync(join(app, `folder-${folder}`, `file-${file}`), 'x'.repeat(file * 100));
    }
  });

  const prepared = (): { context: TestContext; env: Record<string, string> } => {
    const context = running().context({
      DB_NAME: database,
      APP_DIR: app,
      BACKUP_DIR: temporaryFolder('backups'),
    });
    const { CLIENT_BIN_DIR, BACKUP_DIR } = context.config;
    const env = {
      DB_SOCKET: running().socket,
      DB_NAME: database,
      DB_USER: 'root',
      APP_DIR: app,
      BACKUP_DIR,
      ...(CLIENT_BIN_DIR === undefined ? {} : { CLIENT_BIN_DIR }),
    };
    return { context, env };
  };

  /** Kills a backup when `reached` says so; the process id that it had. */
  async function killed(
    context: TestContext,
    env: Record<string, string>,
    reached: (seen: readonly string[], ms: number) => boolean,
  ): Promise<number> {
    const { child, ended } = startMaj(context.projectDir, ['backup'], { env });
    const started = performance.now();
    while (
      child.exitCode === null &&
      !reached(seenIn(context.config.BACKUP_DIR), performance.now() - started)
    )
      await new Promise((resolve) => setTimeout(resolve, 1));
    child.kill('SIGKILL');
    const { code, signal } = await ended;
    // One that was faster than we are has ended well.
    if (signal === null) expect(code).toBe(0);
    return child.pid ?? 0;
  }

  /** What must hold after a kill, whenever it came. */
  async function expectSound(context: TestContext, env: Record<string, string>, pid: number): Promise<void> {
    const { BACKUP_DIR: folder } = context.config;
    const complete = await listBackups(context);
    for (const backup of complete) {
      await verifyBackup(context, backup);
      expect(backup.proof).toBeNull();
    }
    const remains = namesIn(folder).filter((name) => name.endsWith('.partial'));
    expect(namesIn(folder).length).toBe(complete.length + remains.length);
    // One that was killed before it had written who it is cannot be told from one that is about to: for a minute.
    for (const path of remains.map((name) => join(folder, name)))
      if (!existsSync(join(path, 'owner.json'))) utimesSync(path, 0, 0);

    const next = await maj(context.projectDir, ['backup'], { env });
    expect(next.code, next.stderr).toBe(0);
    for (const name of remains) expect(next.stderr).toContain(join(folder, name));
    const after = await listBackups(context);
    expect(after).toHaveLength(complete.length + 1);
    expect(namesIn(folder).sort()).toEqual(after.map(({ id }) => id).sort());
    for (const backup of after) await verifyBackup(context, backup);
    expect(existsSync(join(after[0]?.folder ?? '', 'owner.json'))).toBe(false);
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith(`maj-${pid}-cnf-`))).toEqual([]);
  }

  test.each(pointsOf(server))(
    'when %s, leaves no backup that is not whole, and the next one is',
    async (_, reached) => {
      const { context, env } = prepared();
      await expectSound(context, env, await killed(context, env, reached));
    },
  );

  test.each(sampleOf([1, 2, 3], servers.indexOf(server)))(
    'at some other moment (%i), leaves none either',
    async (moment) => {
      const { context, env } = prepared();
      let since: number | undefined;
      const pid = await killed(context, env, (seen, ms) => {
        if (seen.length > 0) since ??= ms;
        return since !== undefined && ms - since >= moment * 80;
      });
      await expectSound(context, env, pid);
    },
  );
});
