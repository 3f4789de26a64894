import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ownIdentity } from '../../scripts/system/process/identity.ts';
import { temporaryFolder } from '../helpers/context.ts';
import { setSettings } from '../helpers/gate-repository.ts';
import { processesMentioning, waitForProcess } from '../helpers/processes.ts';
import { useRehearsed, type RehearsedRepository } from '../helpers/rehearsed-repository.ts';
import { servers } from '../helpers/servers.ts';

const note = { 'migrations/003_note.sql': 'ALTER TABLE users ADD note TEXT;\n' };
const wrong = { 'migrations/003_wrong.sql': 'ALTER TABLE nobody ADD note TEXT;\n' };
const endless = { 'migrations/003_endless.sql': 'DO SLEEP(3600);\n' };

describe.each(servers.slice(0, 1))('a push that has no receipt, on $name,', (server) => {
  const { copy } = useRehearsed(server);

  /** One whose last rehearsal was quick enough, whatever the machine. */
  const quick = (settings = ''): RehearsedRepository => {
    const repository = copy();
    setSettings(repository.folder, `${repository.settings}GATE_AUTO_SECONDS=3600\n${settings}`);
    return repository;
  };
  const receipts = ({ folder }: RehearsedRepository): string[] =>
    readdirSync(join(folder, '.maj', 'receipts'));

  test.each<[string, (it: RehearsedRepository) => void]>([
    ['of other scripts', (it) => it.commit(note)],
    [
      'run in another mode',
      (it) => setSettings(it.folder, `${it.settings}GATE_AUTO_SECONDS=3600\nDB_SQL_MODE=\n`),
    ],
    [
      'of a commit that is not checked out',
      (it) => {
        it.commit(note);
        it.git('checkout', '--quiet', '--detach', 'HEAD~1');
      },
    ],
  ])('is rehearsed on the spot, and goes: %s', async (_title, change) => {
    const repository = quick();
    change(repository);
    const temporary = temporaryFolder('t');
    const { code, stderr } = await repository.pushWith({ TMPDIR: temporary }, 'origin', 'main:deploy');
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/it is rehearsed now \(the last time took [\d.]+ s/);
    expect(stderr).toMatch(/ok +Rehearse|ok +Compare the database/);
    expect(receipts(repository)).toHaveLength(2);
    expect(readdirSync(temporary)).toEqual([]);
    const [entry = ''] = readFileSync(join(repository.folder, '.maj', 'gate.ndjson'), 'utf8').split('\n');
    expect(JSON.parse(entry)).toMatchObject({ what: 'allowed', receipt: expect.any(String) as unknown });
  });

  test('is rehearsed once for several branches', async () => {
    const repository = quick('DEPLOY_BRANCH=deploy,live\n');
    repository.commit(note);
    const { code, stderr } = await repository.push('origin', 'main:deploy', 'main:live');
    expect(code, stderr).toBe(0);
    expect(receipts(repository)).toHaveLength(2);
  });

  test('is refused where the scripts fail, and not tried again', async () => {
    const repository = quick();
    repository.commit(wrong);
    const first = await repository.push('origin', 'main:deploy');
    expect(first.code).not.toBe(0);
    expect(first.stderr).toMatch(/it is rehearsed now/);
    expect(first.stderr).toMatch(/the rehearsal of these migrations failed: .*003_wrong\.sql/);
    const second = await repository.push('origin', 'main:deploy');
    expect(second.code).not.toBe(0);
    expect(second.stderr).not.toMatch(/it is rehearsed now/);
    expect(receipts(repository)).toHaveLength(2);
  });

  test.each<[string, (it: RehearsedRepository) => Readonly<Record<string, string>>, RegExp]>([
    // what is refused at once, with which environment, and what is said
    [
      'where it is never to be',
      (it) => {
        setSettings(it.folder, `${it.settings}GATE_AUTO_SECONDS=0\n`);
        return {};
      },
      /003_note \(added\)[^]*Run `maj rehearse`.*The last rehearsal took [\d.]+ s\./,
    ],
    [
      'where nobody watches, and nothing is set',
      (it) => {
        setSettings(it.folder, it.settings);
        return {};
      },
      /003_note \(added\)/,
    ],
    [
      'where only the environment says so',
      (it) => {
        setSettings(it.folder, it.settings);
        return { GATE_AUTO_SECONDS: '3600' };
      },
      /GATE_AUTO_SECONDS[^]*003_note \(added\)/,
    ],
    [
      'where the database does not answer',
      (it) => {
        setSettings(it.folder, `${it.settings}GATE_AUTO_SECONDS=3600\nDB_USER=nobody\n`);
        return {};
      },
      /003_note \(added\)[^]*could not be rehearsed here and now: the database does not answer/,
    ],
    [
      'where another run is at work',
      (it) => {
        const lock = { verb: 'upgrade', since: '2026-11-22T12:00:00.000Z', holder: ownIdentity() };
        writeFileSync(join(it.folder, '.maj', 'lock'), JSON.stringify(lock));
        return {};
      },
      /003_note \(added\)[^]*could not be rehearsed here and now: .*upgrade/,
    ],
    [
      'where the commit has no folder of migrations',
      (it) => {
        it.git('rm', '-rq', 'migrations');
        it.commit();
        mkdirSync(join(it.folder, 'migrations'), { recursive: true });
        return {};
      },
      /001_users \(missing\)[^]*Run `maj rehearse`/,
    ],
    [
      'where the working tree holds something else',
      (it) => {
        setSettings(it.folder, it.settings);
        writeFileSync(join(it.folder, 'migrations', '004_more.sql'), 'SELECT 1;\n');
        return {};
      },
      /Run `maj rehearse --commit [0-9a-f]{12}`/,
    ],
  ])('is refused %s', async (_title, change, said) => {
    const repository = quick();
    repository.commit(note);
    const { code, stderr } = await repository.pushWith(change(repository), 'origin', 'main:deploy');
    expect(stderr).toMatch(said);
    expect(code).not.toBe(0);
    expect(receipts(repository)).toHaveLength(1);
    expect(repository.branches()).toEqual([]);
  });

  test('does not wait where somebody says why it has to go', async () => {
    const repository = quick();
    repository.commit(note);
    const { code, stderr } = await repository.pushWith(
      { MAJ_GATE_BYPASS: 'the shop is down' },
      'origin',
      'main:deploy',
    );
    expect(code, stderr).toBe(0);
    expect(stderr).not.toMatch(/it is rehearsed now/);
    expect(receipts(repository)).toHaveLength(1);
  });

  test.each<[string, (git: number) => void]>([
    ['Ctrl-C', (git) => process.kill(-git, 'SIGINT')],
    ['the end of git', (git) => process.kill(git, 'SIGKILL')],
  ])('and %s during its rehearsal leave nothing behind', { timeout: 120_000 }, async (_title, strike) => {
    const repository = quick();
    repository.commit(endless);
    const temporary = temporaryFolder('t');
    const git = spawn('git', ['push', 'origin', 'main:deploy'], {
      cwd: repository.folder,
      env: { ...process.env, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', TMPDIR: temporary },
      stdio: 'ignore',
      detached: true,
    });
    const ended = new Promise((resolve) => git.once('exit', resolve));
    const pid = git.pid ?? 0;
    onTestFinished(() => void git.kill('SIGKILL'));
    const { pid: gate } = await waitForProcess(pid, /maj\.(?:js|ts) gate/);
    while (!readdirSync(temporary).some((name) => name.includes('-db-'))) await sleep(20);
    strike(pid);
    await ended;
    while (existsSync(`/proc/${gate}`)) await sleep(20);
    expect(readdirSync(temporary)).toEqual([]);
    expect(processesMentioning(temporary)).toEqual([]);
    expect(readdirSync(join(repository.folder, '.maj')).filter((name) => name.startsWith('lock'))).toEqual(
      [],
    );
    expect(receipts(repository)).toHaveLength(1);
    expect(repository.branches()).toEqual([]);
  });
});
