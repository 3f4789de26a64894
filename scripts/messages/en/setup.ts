import { nameList } from '../../core/format.ts';
import { unifiedDiff } from '../../core/unified-diff.ts';
import type { HookManager } from '../../setup/detect.ts';
import type { Edit, Layout } from '../../setup/edits.ts';
import type { ErrorText, ErrorTexts, NoteTexts, StepTexts } from '../texts.ts';

const managerNames: Readonly<Record<HookManager['kind'], string>> = {
  husky: 'husky',
  lefthook: 'lefthook',
  'simple-git-hooks': 'simple-git-hooks',
  plain: 'git’s own hooks',
  unknown: 'unknown',
};

const listed = (files: readonly string[]): string[] => files.map((file) => `  ${file}`);

/** The difference of a file; of `.env`, which holds passwords, only what is added or taken out. */
function editLines({ path, before = '', after = '' }: Edit): string[] {
  const onlyIn = (text: string, other: string): string => {
    const lines = new Set(other.split('\n'));
    return text
      .split('\n')
      .filter((line) => !lines.has(line))
      .join('\n');
  };
  const isSecret = /(?:^|\/)\.env$/.test(path);
  const [from, to] = isSecret ? [onlyIn(before, after), onlyIn(after, before)] : [before, after];
  return unifiedDiff(path, from, to, { before: '', after: '' });
}

/** What stands when something goes wrong after the edits. */
const written = 'The files of `maj init` are written; `maj init --remove` takes them out.';

/** What setup/ says, in English. */
export const setup = {
  errors: {
    'init-no-repository': (facts) => ({
      message: `${facts.folder} is in no git repository${facts.output === '' ? '' : ` (${facts.output})`}.`,
      hint: 'Run `git init` first, or go to the folder of your project.',
    }),
    'init-inside': (facts) => ({
      message: `${facts.folder} holds nothing of a project (no package.json, no .env, no migrations), and lies within one: ${facts.project}.`,
      hint: `cd ${facts.project}, then \`maj init\`. If the folder is a project of its own, give it a package.json first.`,
    }),
    'init-not-bare': (facts) => ({
      message: `${facts.folder} is no bare repository${facts.output === '' ? '' : ` (${facts.output})`}.`,
      hint: 'Name the folder of the repository that is pushed to, such as /srv/git/shop.git.',
    }),
    'init-path': (facts) => ({
      message: `The folder ${facts.path} has a blank or a special character in its name, which the hook’s script cannot hold.`,
      hint: 'Rename the folder, or write the hook by hand (docs/gate.md).',
    }),
    'init-not-installed': (facts) => ({
      message: 'maj-kit is not installed in this project, and its hook needs a place to start from.',
      hint: facts.command,
    }),
    'init-install': (facts) => ({
      message: `\`${facts.command}\` failed: ${facts.output}`,
      hint: 'Install maj-kit as a development dependency, then run `maj init` again.',
    }),
    'init-package-json': (facts) => ({
      message: `${facts.path} cannot be read: ${facts.reason}`,
      hint: 'Correct it, then run `maj init` again.',
    }),
    'init-by-hand': (facts) => ({
      message: `The gate cannot be added to ${nameList(facts.files)} without guessing; nothing was written.`,
      hint: `Have your pre-push hook call this, with git’s lines on its standard input: ${facts.command}. docs/gate.md has examples; \`maj init\` does the rest once core.hooksPath of this repository names a folder in it.`,
    }),
    'init-hook-manager': (facts) => ({
      message: `\`${facts.command}\` failed: ${facts.output}`,
      hint: 'Correct this, then run `maj init` again.',
      state: written,
    }),
    'init-trial': (facts) => ({
      message: `git cannot make a commit to try the hook with (${facts.command}): ${facts.output}`,
      hint: 'Correct this, then run `maj init` again.',
      state: written,
    }),
    'init-not-asked': (facts) => ({
      message: `The hook does not work: a commit that nobody has rehearsed went to ${facts.branch} of a throwaway repository.`,
      hint: 'Look at `git config --show-origin core.hooksPath`, and at HUSKY and LEFTHOOK in the environment, which switch hooks off.',
      state: written,
    }),
    'init-refused-otherwise': (facts) => ({
      message: `Something else than the gate refused the push to ${facts.branch} of a throwaway repository: ${facts.output}`,
      hint: 'Correct what the other hook complains of, then run `maj init` again.',
      state: written,
    }),
    'init-not-allowed': (facts) => ({
      message: `The push of what was just rehearsed to ${facts.branch} of a throwaway repository is refused: ${facts.output}`,
      hint: 'Do what it says, then run `maj init` again.',
      state: written,
    }),
  } satisfies Partial<ErrorTexts>,
  steps: {
    'init-install': (facts) => `Installing maj-kit (${facts.command})`,
    'init-write': (facts) =>
      facts.files.length === 0
        ? 'Writing no file: everything is in place'
        : `Writing ${facts.files.length === 1 ? '1 file' : `${facts.files.length} files`}`,
    'init-hook': (facts) => `Setting up the hook (${managerNames[facts.manager]})`,
    'init-refuse': (facts) =>
      `Pushing an unrehearsed migration to ${facts.branch} of a throwaway repository: it has to be refused`,
    'init-allow': (facts) =>
      `Pushing the rehearsed migrations to ${facts.branch} of a throwaway repository: it has to be allowed`,
  } satisfies Partial<StepTexts>,
  notes: {
    'init-found': (facts) =>
      `found: packages by ${facts.packageManager}, ${hooksText(facts.manager)}, migrations: ${migrationsText(facts.migrations)}; guarded: ${facts.branches.join(', ')}`,
    'init-ci-unsigned': () =>
      'the workflow refuses every commit until GATE_ALLOWED_SIGNERS is set: it has no receipts of its own, and counts those that `maj rehearse --publish` brings (docs/gate.md, “A team”)',
    'init-env-tracked': (facts) =>
      `git tracks ${facts.path}, with the passwords in it: \`git rm --cached ${facts.path}\`, add it to .gitignore, and change the passwords`,
    'init-changes': (facts) => ['changes:', ...facts.edits.flatMap(editLines)].join('\n'),
  } satisfies Partial<NoteTexts>,
  results: {
    question: (facts: { files: readonly string[] }) =>
      facts.files.length === 1 ? 'Write this file?' : `Write these ${facts.files.length} files?`,
    removeQuestion: (facts: { files: readonly string[] }) =>
      facts.files.length === 1 ? 'Change this file?' : `Change these ${facts.files.length} files?`,
    installQuestion: (facts: { command: string }) =>
      `maj-kit is not installed here. Run \`${facts.command}\`?`,
    hookSet: (facts: { manager: HookManager['kind'] }) =>
      `The gate is set up as pre-push hook (${managerNames[facts.manager]}).`,
    done: (facts: {
      /** Those for a commit. */
      files: readonly string[];
      branch: string;
      /** Why there is no rehearsal. */
      trouble: ErrorText | undefined;
      isInterrupted: boolean;
    }) => [
      facts.trouble === undefined
        ? `The gate stands: a push of unrehearsed migrations to ${facts.branch} was refused, that of rehearsed ones was allowed.`
        : `The gate stands: a push of unrehearsed migrations to ${facts.branch} was refused. Nothing is rehearsed yet: ${facts.trouble.message}`,
      ...(facts.trouble === undefined
        ? []
        : [
            facts.isInterrupted
              ? 'Next: `maj rehearse`, when you are ready.'
              : `Next: ${facts.trouble.hint} Then \`maj rehearse\`.`,
          ]),
      ...(facts.files.length === 0
        ? []
        : ['Commit these files, so that every clone has them:', ...listed(facts.files)]),
    ],
    bareDone: (facts: { folder: string }) => [
      `Whatever is pushed to ${facts.folder} is judged by maj gate before it is taken.`,
      'It counts the settings of maj.config.json in the commits, and receipts that `maj rehearse --publish` brings (docs/gate.md).',
    ],
    removed: (facts: { files: readonly string[] }) =>
      facts.files.length === 0
        ? ['Nothing of `maj init` is left here.']
        : [
            'Taken out of:',
            ...listed(facts.files),
            ...(facts.files.some((path) => /(?:^|\/)\.gitignore$/.test(path))
              ? ['git ignores .env no longer: see that no commit takes its passwords.']
              : []),
            '.maj stays, with its backups, and so does the package maj-kit; remove them when you need them no more.',
          ],
  },
};

const migrationsText = (migrations: Layout['migrations']): string =>
  migrations === undefined
    ? 'none yet'
    : `${migrations.folder} (${migrations.of}${migrations.isSql ? '' : ', which maj cannot rehearse yet'})`;

const hooksText = (manager: HookManager): string =>
  manager.kind === 'husky' && manager.isNew === true
    ? 'no hooks (husky is set up)'
    : `hooks by ${managerNames[manager.kind]}`;
