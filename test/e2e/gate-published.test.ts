import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { openSealed, sealedJson } from '../../scripts/backup/manifest.ts';
import * as v from 'valibot';
import { maj } from '../helpers/cli.ts';
import { temporaryFolder } from '../helpers/context.ts';
import {
  gateRepository,
  majInShell,
  repositoryAt,
  setSettings,
  type GateRepository,
} from '../helpers/gate-repository.ts';
import { clientFolder, servers, useServer } from '../helpers/servers.ts';
import { sshKey } from '../helpers/ssh-keys.ts';

/** One place that has the rows, and what is made of it: where the server is makes no difference to the gate. */
const [server] = servers;
if (server === undefined) throw new Error('There is no server.');

const [signer, second, stranger] = [sshKey(), sshKey(), sshKey()];
const signers = '.maj-signers';
const refs = 'refs/maj/receipts/';
const drop = { 'migrations/003_drop.sql': 'DROP TABLE users;\n' };

/** A laptop without a database, the bare repository that it pushes to, and the place that has the rows. */
interface Team {
  readonly laptop: GateRepository;
  readonly rows: GateRepository;
  /** The path of the bare repository. */
  readonly bare: string;
}

const running = useServer(server);
let made: Team | undefined;

beforeAll(async () => {
  const database = await running().createDatabase();
  const rows = gateRepository(
    [
      `DB_SOCKET=${running().socket}`,
      'DB_USER=root',
      `CLIENT_BIN_DIR=${clientFolder(server) ?? ''}`,
      `REHEARSAL_SERVER=${server.binDir ?? 'auto'}`,
      `GATE_SIGNING_KEY=${signer.path}`,
      '',
    ].join('\n'),
  );
  rows.commit({
    [signers]: signer.line('staging@example.org') + second.line('ci@example.org'),
    'maj.config.json': JSON.stringify({ DB_NAME: database, GATE_ALLOWED_SIGNERS: signers }),
  });
  rows.git('push', '--quiet', '--no-verify', 'origin', 'main');
  const { code, stderr } = await maj(rows.folder, ['rehearse', '--publish']);
  if (code !== 0) throw new Error(stderr);
  made = { rows, bare: rows.remote, laptop: rows };
});

/** A copy of all of it, with a fresh clone as the laptop. */
function team(): Team {
  if (made === undefined) throw new Error('It is made before the tests.');
  const base = temporaryFolder('team');
  const bare = join(base, 'remote.git');
  const rows = repositoryAt(join(base, 'rows'), bare);
  cpSync(made.rows.folder, rows.folder, { recursive: true, preserveTimestamps: true });
  cpSync(made.bare, bare, { recursive: true });
  rows.git('remote', 'set-url', 'origin', bare);
  const laptop = repositoryAt(join(base, 'laptop'), bare);
  rows.git('clone', '--quiet', bare, laptop.folder);
  return { rows, bare, laptop };
}

const hook = (at: Team, where: 'laptop' | 'server', words = ''): void => {
  const [path, given] =
    where === 'laptop'
      ? [join(at.laptop.folder, '.git/hooks/pre-push'), '"$@"']
      : [join(at.bare, 'hooks/pre-receive'), ''];
  writeFileSync(path, `#!/bin/sh\nexec ${majInShell} gate ${words} ${given}\n`);
  chmodSync(path, 0o755);
};

/** The id of the receipt that is published; of several, the oldest. */
const published = ({ laptop, bare }: Team): string =>
  laptop.git('ls-remote', bare, `${refs}*`).split('\n')[0]?.split(refs)[1] ?? '';

/** Puts another receipt in the place of the published one, or beside it. */
function republish(
  at: Team,
  change: {
    receipt?: (text: string) => string;
    signature?: (text: string) => string | undefined;
    id?: string;
  },
): void {
  const id = published(at);
  const git = (...words: readonly string[]): string => at.laptop.git('--git-dir', at.bare, ...words);
  const write = (text: string): string =>
    execFileSync('git', ['--git-dir', at.bare, 'hash-object', '-w', '--stdin'], {
      input: text,
      encoding: 'utf8',
    }).trim();
  const text = (change.receipt ?? String)(git('show', `${refs}${id}:receipt.json`));
  const signature = (change.signature ?? String)(git('show', `${refs}${id}:receipt.json.sig`));
  const lines = [
    `100644 blob ${write(text)}\treceipt.json`,
    ...(signature === undefined ? [] : [`100644 blob ${write(signature)}\treceipt.json.sig`]),
  ];
  const tree = execFileSync('git', ['--git-dir', at.bare, 'mktree'], {
    input: `${lines.join('\n')}\n`,
    encoding: 'utf8',
  }).trim();
  git('update-ref', `${refs}${change.id ?? id}`, git('commit-tree', '-m', 'a receipt', tree).trim());
}

/** A receipt that says something else, and is sealed and signed all the same. */
const resigned = (changes: Readonly<Record<string, unknown>>, key = signer.path) => {
  let text = '';
  return {
    receipt: (before: string): string => {
      const content = openSealed(v.looseObject({}), before) ?? {};
      const given = Object.fromEntries(
        Object.entries({ ...content, ...changes }).filter(([, value]) => value !== undefined),
      );
      return (text = sealedJson(given));
    },
    signature: (): string =>
      execFileSync('ssh-keygen', ['-Y', 'sign', '-n', 'maj-receipt', '-f', key], {
        input: text,
        encoding: 'utf8',
        stdio: ['pipe', 'pipe', 'ignore'],
      }),
  };
};

const daysAgo = (days: number): string => new Date(Date.now() - days * 24 * 3_600_000).toISOString();

/** The programs of this machine without ssh-keygen. */
function pathWithoutSshKeygen(): string {
  const folder = temporaryFolder('bin');
  for (const name of ['git', 'sh', 'node', 'env', 'uname', 'cat'])
    symlinkSync(
      execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim(),
      join(folder, name),
    );
  return folder;
}

/** What is pushed: the words after `git push`, and its environment. */
interface Pushed {
  words: readonly string[];
  env: Readonly<Record<string, string>>;
}
/** What it returns is waited for, and no more. */
type Change = (at: Team, push: Pushed) => unknown;

const open = /may go to deploy: rehearsed as \S+ .*signed by staging@example\.org/;
const nothing = /^(?!.*refused)/s;

const situations: readonly ['both' | 'laptop' | 'server', string, Change, 'allowed' | 'refused', RegExp][] = [
  // who is asked, what was done, whether the push goes through, and what is said
  ['both', 'of a signer who is allowed', () => undefined, 'allowed', open],
  ['laptop', 'also for an empty commit after it', ({ laptop }) => laptop.commit(), 'allowed', open],
  ['both', 'of other scripts', ({ laptop }) => laptop.commit(drop), 'refused', /003_drop \(added\)/],
  [
    'server',
    'without a signature',
    (at) => republish(at, { signature: () => undefined }),
    'refused',
    /receipt \S+ does not count: it is not signed/,
  ],
  [
    'laptop',
    'that was edited, though its own seal is right',
    (at) => republish(at, { receipt: resigned({ pending: [] }).receipt }),
    'refused',
    /is not what was signed/,
  ],
  [
    'laptop',
    'that is signed with garbage',
    (at) => republish(at, { signature: () => 'garbage' }),
    'refused',
    /is not what was signed/,
  ],
  [
    'laptop',
    'that is none',
    (at) => republish(at, { receipt: () => '{}' }),
    'refused',
    /is not as it was written/,
  ],
  [
    'laptop',
    'under the name of another',
    (at) => {
      republish(at, { id: '20990101T000000Z-00000000' });
      at.laptop.git('--git-dir', at.bare, 'update-ref', '-d', `${refs}${published(at)}`);
    },
    'refused',
    /20990101T000000Z-00000000 does not count: it is not as it was written/,
  ],
  [
    'both',
    'of a key that nobody allows',
    (at) => republish(at, resigned({}, stranger.path)),
    'refused',
    /signed with the ED25519 key SHA256:\S+, which is not allowed \(No principal matched/,
  ],
  [
    'both',
    'of a key that the same push allows',
    (at) => {
      republish(at, resigned({}, stranger.path));
      at.laptop.git('push', '--quiet', '--no-verify', 'origin', 'HEAD:deploy');
      at.laptop.commit({ [signers]: stranger.line('me@example.org') });
    },
    'refused',
    /which is not allowed/,
  ],
  [
    'laptop',
    'of a key that the branch allowed before this push, and the push no more',
    (at) => {
      at.laptop.git('push', '--quiet', '--no-verify', 'origin', 'HEAD:deploy');
      at.laptop.commit({ [signers]: stranger.line('me@example.org') });
    },
    'allowed',
    open,
  ],
  [
    'both',
    'of another database',
    (at) => republish(at, resigned({ database: { name: 'other', address: 'db:3306', sqlMode: null } })),
    'refused',
    /of another database, other on db:3306/,
  ],
  [
    'laptop',
    'of rows that are too old',
    (at) => republish(at, resigned({ backupCreatedAt: daysAgo(2) })),
    'refused',
    /is 2\.0 days old|is 48\.0 h old|are allowed/,
  ],
  [
    'laptop',
    'of rows of tomorrow',
    (at) => republish(at, resigned({ backupCreatedAt: daysAgo(-1) })),
    'refused',
    /dated in the future/,
  ],
  [
    'laptop',
    'of an older maj, which does not say when the backup was proven',
    (at) => republish(at, resigned({ backupProvenAt: undefined })),
    'refused',
    /does not say when its backup was taken/,
  ],
  [
    'laptop',
    'that says that it failed',
    (at) => republish(at, resigned({ result: 'failed', failure: 'Duplicate entry' })),
    'refused',
    /the rehearsal of these migrations failed: Duplicate entry/,
  ],
  [
    'laptop',
    'beside a newer one that is not signed',
    (at) =>
      republish(at, {
        ...resigned({ id: '20990101T000000Z-00000000' }),
        signature: () => undefined,
        id: '20990101T000000Z-00000000',
      }),
    'allowed',
    open,
  ],
  [
    'laptop',
    'in another sql_mode',
    (at) => {
      const text = readFileSync(join(at.laptop.folder, 'maj.config.json'), 'utf8');
      at.laptop.commit({ 'maj.config.json': text.replace('{', '{"DB_SQL_MODE":"ANSI",') });
    },
    'refused',
    /DB_SQL_MODE/,
  ],
  [
    'both',
    'where none is published',
    (at) => at.laptop.git('--git-dir', at.bare, 'update-ref', '-d', `${refs}${published(at)}`),
    'refused',
    /no receipt is published/,
  ],
  [
    'laptop',
    'where no file says who may sign',
    ({ laptop }) => {
      laptop.git('rm', '-q', signers);
      laptop.commit();
    },
    'refused',
    /has no file \.maj-signers/,
  ],
  [
    'both',
    'where ssh-keygen is missing',
    (_at, push) => (push.env = { PATH: pathWithoutSshKeygen() }),
    'refused',
    /ssh-keygen is not on PATH/,
  ],
  [
    'laptop',
    'published by another machine as well',
    async (at) => {
      setSettings(
        at.rows.folder,
        readFileSync(join(at.rows.folder, '.env'), 'utf8').replace(signer.path, second.path),
      );
      const { code, stderr } = await maj(at.rows.folder, ['rehearse', '--publish']);
      expect(code, stderr).toBe(0);
    },
    'allowed',
    /signed by ci@example\.org/,
  ],
  [
    'server',
    'for a tag of that name',
    (_at, push) => (push.words = ['origin', 'HEAD:refs/tags/deploy']),
    'allowed',
    nothing,
  ],
  [
    'both',
    'for another branch',
    ({ laptop }, push) => {
      laptop.commit(drop);
      push.words = ['origin', 'HEAD:feature'];
    },
    'allowed',
    nothing,
  ],
  [
    'server',
    'for one of several branches',
    ({ laptop }, push) => {
      const before = laptop.git('rev-parse', 'HEAD').trim();
      const text = readFileSync(join(laptop.folder, 'maj.config.json'), 'utf8');
      laptop.commit({ 'maj.config.json': text.replace('{', '{"DEPLOY_BRANCH":["deploy","live"],') });
      laptop.git('push', '--quiet', '--no-verify', 'origin', 'HEAD:main');
      laptop.commit(drop);
      push.words = ['origin', `${before}:refs/heads/deploy`, 'HEAD:live'];
    },
    'refused',
    /to live is refused/,
  ],
  [
    'server',
    'for another name of the branch',
    ({ laptop, bare }, push) => {
      laptop.git('push', '--quiet', '--no-verify', 'origin', 'HEAD:deploy');
      laptop.git('--git-dir', bare, 'symbolic-ref', 'refs/heads/alias', 'refs/heads/deploy');
      laptop.commit(drop);
      push.words = ['origin', 'HEAD:alias'];
    },
    'refused',
    /to deploy is refused/,
  ],
  [
    'both',
    'does not let the branch be deleted',
    ({ laptop }, push) => {
      laptop.git('push', '--quiet', '--no-verify', 'origin', 'HEAD:deploy');
      push.words = ['origin', ':deploy'];
    },
    'refused',
    /would delete the deploy branch deploy/,
  ],
];

describe.each(['laptop', 'server'] as const)('a receipt of others, asked for by the %s', (where) => {
  test.each(situations.filter(([on]) => on === where || on === 'both'))(
    '%s: %s',
    async (_on, _title, change, outcome, said) => {
      const at = team();
      const push: Pushed = { words: ['origin', 'HEAD:deploy'], env: {} };
      await change(at, push);
      hook(at, where);
      const { code, stderr, stdout } = await at.laptop.pushWith(push.env, ...push.words);
      expect(`${stdout}${stderr}`).toMatch(said);
      expect(code === 0 ? 'allowed' : 'refused').toBe(outcome);
    },
  );
});

/** The receipt that the rows have, published on another repository, whose project lies in a folder, from another one. */
async function publishedElsewhere(
  init: readonly string[],
  project = '.',
): Promise<GateRepository & { readonly project: string }> {
  if (made === undefined) throw new Error('It is made before the tests.');
  const base = temporaryFolder('elsewhere');
  const repository = repositoryAt(join(base, 'repository'), join(base, 'remote.git'));
  mkdirSync(repository.folder);
  repository.git('init', '--quiet', '--initial-branch=main', ...init);
  repository.git('init', '--quiet', '--bare', '--initial-branch=main', ...init, repository.remote);
  repository.git('--git-dir', repository.remote, 'config', 'receive.fsckObjects', 'true');
  repository.git('remote', 'add', 'origin', repository.remote);
  const to = join(repository.folder, project);
  for (const name of ['.maj', '.env', '.gitignore', signers, 'maj.config.json', 'migrations'])
    cpSync(join(made.rows.folder, name), join(to, name), { recursive: true });
  repository.commit();
  const { code, stderr } = await maj(to, ['rehearse', '--publish', '--receipt', published(made)]);
  expect(code, stderr).toBe(0);
  const path = join(repository.remote, 'hooks/pre-receive');
  writeFileSync(
    path,
    `#!/bin/sh\nexec ${majInShell} gate ${project === '.' ? '' : `--project ${project}`}\n`,
  );
  chmodSync(path, 0o755);
  return { ...repository, project: to };
}

describe('a bare repository that nothing was pushed to yet', () => {
  test.each<[string, readonly string[], string]>([
    // what is special about it, options of git init, and the folder of the project
    ['', [], '.'],
    [' whose objects are named by SHA-256', ['--object-format=sha256'], '.'],
    [' with several projects', [], 'apps/shop'],
  ])('%s says so the first time, and then goes by what stands there', async (_title, init, project) => {
    const { push, commit, git, folder, project: to } = await publishedElsewhere(init, project);
    const first = await push('origin', 'HEAD:deploy');
    expect(first.code, first.stderr).toBe(0);
    expect(first.stderr).toMatch(/nothing stands on deploy yet.*this once/);
    expect(first.stderr).toMatch(open);
    // Neither a rule that guards nothing, nor a commit beside it, lets anything through.
    const text = readFileSync(join(to, 'maj.config.json'), 'utf8');
    const name = join(project, 'maj.config.json');
    commit({
      [name]: text.replace('{', '{"DEPLOY_BRANCH":"nothing",'),
      [join(project, 'migrations/003_drop.sql')]: 'DROP TABLE users;',
    });
    const second = await push('origin', 'HEAD:deploy');
    expect(second.stderr).toMatch(/to deploy is refused/);
    expect(second.stderr).toMatch(/003_drop \(added\)/);
    git('-C', folder, 'rm', '-rq', '--', join(project, 'migrations/003_drop.sql'));
    commit({ [name]: '{' });
    expect((await push('origin', 'HEAD:deploy')).stderr).toMatch(/maj\.config\.json cannot be read/);
    commit({ [name]: text });
    expect((await push('origin', 'HEAD:deploy')).code).toBe(0);
  });

  test('with a hook that names no project of it is refused', async () => {
    const { push, remote } = await publishedElsewhere([]);
    const path = join(remote, 'hooks/pre-receive');
    writeFileSync(path, `#!/bin/sh\nexec ${majInShell} gate --project apps/shpo\n`);
    const { code, stderr } = await push('origin', 'HEAD:deploy');
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/apps\/shpo/);
  });

  test.each([
    ['reads the lines before', 'cat >/dev/null', /does not hold what git hands/],
    ['goes elsewhere before', 'cd /', /maj: /],
  ])('with a hook that %s is refused', async (_title, before, said) => {
    const { push, remote } = await publishedElsewhere([]);
    writeFileSync(join(remote, 'hooks/pre-receive'), `#!/bin/sh\n${before}\nexec ${majInShell} gate\n`);
    const { code, stderr } = await push('origin', 'HEAD:deploy');
    expect(stderr).toMatch(said);
    expect(code).not.toBe(0);
  });

  test('goes by its own .env before what a commit says', async () => {
    const { push, remote, commit } = await publishedElsewhere([]);
    setSettings(remote, 'DEPLOY_BRANCH=live\n');
    commit(drop);
    expect((await push('origin', 'HEAD:live')).stderr).toMatch(/to live is refused/);
    expect((await push('origin', 'HEAD:deploy')).code).toBe(0);
  });
});

describe('publishing', () => {
  test('works in a linked worktree of git', async () => {
    const at = team();
    at.rows.git('worktree', 'add', '--quiet', '../linked', '-b', 'linked');
    const linked = join(at.rows.folder, '../linked');
    for (const name of ['.maj', '.env'])
      cpSync(join(at.rows.folder, name), join(linked, name), { recursive: true });
    const id = published(at);
    at.laptop.git('--git-dir', at.bare, 'update-ref', '-d', `${refs}${id}`);
    const { code, stderr } = await maj(linked, ['rehearse', '--publish', '--receipt', id]);
    expect(code, stderr).toBe(0);
    hook(at, 'laptop');
    expect((await at.laptop.push('origin', 'HEAD:deploy')).stdout).toMatch(open);
  });

  test('removes receipts of long ago', async () => {
    const at = team();
    republish(at, { id: '20200101T000000Z-00000000' });
    const id = at.laptop.git('ls-remote', at.bare, `${refs}*`).trim().split(refs).at(-1) ?? '';
    expect((await maj(at.rows.folder, ['rehearse', '--publish', '--receipt', id])).code).toBe(0);
    expect(at.laptop.git('ls-remote', at.bare, `${refs}*`)).not.toMatch(/20200101/);
    expect(published(at)).toBe(id);
  });

  test.each<[string, (settings: string) => string, readonly string[], RegExp]>([
    // what is wrong, the settings, further words, and what is said before anything is rehearsed
    ['no key is set', (it) => it.replace(/GATE_SIGNING_KEY=.*/, ''), [], /GATE_SIGNING_KEY/],
    ['the key is not there', (it) => it.replace(signer.path, '/nowhere/key'), [], /cannot sign the receipt/],
    [
      'the key has a passphrase',
      (it) => it.replace(signer.path, sshKey('secret').path),
      [],
      /has no passphrase/,
    ],
    [
      'nobody allows the key',
      (it) => it.replace(signer.path, stranger.path),
      [],
      /not among the allowed signers/,
    ],
    ['the remote is none', String, ['--remote', 'nowhere'], /cannot be published on nowhere/],
  ])('is refused at once where %s', async (_title, change, words, said) => {
    const at = team();
    setSettings(at.rows.folder, change(readFileSync(join(at.rows.folder, '.env'), 'utf8')));
    const { code, stderr } = await maj(at.rows.folder, ['rehearse', '--publish', ...words]);
    expect(stderr).toMatch(said);
    expect(stderr).not.toMatch(/Dump the database/);
    expect(code).not.toBe(0);
  });
});

test('a commit that nobody pushes is judged by what the remote has; where that does not answer, it is refused', async () => {
  const { laptop, bare } = team();
  const asked = () => maj(laptop.folder, ['gate', '--commit', 'HEAD']);
  expect((await asked()).stdout).toMatch(open);
  laptop.git('push', '--quiet', '--no-verify', 'origin', 'HEAD:deploy');
  laptop.commit({ [signers]: stranger.line('me@example.org') });
  expect((await asked()).stdout).toMatch(open);
  laptop.git('remote', 'set-url', 'origin', `${bare}.gone`);
  const { code, stderr } = await asked();
  expect(code).toBe(3);
  expect(stderr).toMatch(/cannot be fetched from origin/);
});
