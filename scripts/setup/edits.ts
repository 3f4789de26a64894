import { posix } from 'node:path';
import * as v from 'valibot';
import { hasBlock, withBlock, withoutBlock } from './block.ts';
import { ciFiles, withWorkflow, type CiService } from './ci-workflow.ts';
import type { FoundMigrations, HookManager, PackageManager } from './detect.ts';
import { gateCommand, withHook, withoutHook, type HookCall } from './hook-script.ts';
import { withLefthook } from './lefthook.ts';
import { withScripts, withSimpleHook, withoutScripts, withoutSimpleHook } from './package-json.ts';

/** What of a project decides what is written into it. Paths are from the root of the repository. */
export interface Layout {
  /** The project's folder; empty: the root itself. */
  readonly folder: string;
  readonly packageManager: PackageManager;
  /** The folder of the installed package; undefined: Yarn's Plug'n'Play, which has none. */
  readonly packageFolder: string | undefined;
  readonly manager: HookManager;
  readonly migrations: FoundMigrations | undefined;
  /** What is guarded, for DEPLOY_BRANCH. */
  readonly branches: readonly string[];
  /** The names in `.env`, and their values. */
  readonly env: Readonly<Record<string, string>>;
  /** git would take `.env`, which holds passwords. */
  readonly isEnvShown: boolean;
  /** The service that is to judge commits as well; undefined: none. */
  readonly ci: CiService | undefined;
  /** The name of the project's Makefile. */
  readonly makefile: string;
}

/** What is put into a file, and taken out again. */
interface Change {
  readonly path: string;
  /** The file with it; the same where it is there already; undefined where nothing can be added. */
  readonly add: (text: string | undefined) => string | undefined;
  /** The file without it; undefined: there was none before. */
  readonly remove: (text: string) => string | undefined;
  /** It is started as a program. */
  readonly isProgram?: boolean;
}

/** A file as it is and as it is to be; an absent text is an absent file. */
export interface Edit {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly isProgram: boolean;
}

/** Where hooks find the gate. Pure. */
export const hookCallOf = ({
  packageFolder,
  folder,
}: Pick<Layout, 'packageFolder' | 'folder'>): HookCall => ({
  packageFolder,
  project: folder === '' ? '.' : folder,
});

/**
 * What `maj init` changes in the files of a project, or takes out of them again: nothing that is so already. Pure.
 *
 * @param read the text of a file; undefined: it is not there
 * @returns `byHand`: the files that nothing can be added to, as they are written
 */
export function editsOf(
  layout: Layout,
  what: 'add' | 'remove',
  read: (path: string) => string | undefined,
): { readonly edits: readonly Edit[]; readonly byHand: readonly string[] } {
  const edits = new Map<string, Edit>();
  const byHand: string[] = [];
  for (const { path, add, remove, isProgram = false } of changesOf(layout, what)) {
    const before = read(path);
    const now = edits.has(path) ? edits.get(path)?.after : before;
    const after = what === 'add' ? add(now) : now === undefined ? undefined : remove(now);
    if (what === 'add' && after === undefined) byHand.push(path);
    else edits.set(path, { path, before, after, isProgram });
  }
  return { edits: [...edits.values()].filter(({ before, after }) => before !== after), byHand };
}

/** Every file that `editsOf` may look at. Pure. */
export const editedPaths = (layout: Layout): string[] => changesOf(layout, 'remove').map(({ path }) => path);

function changesOf(layout: Layout, what: 'add' | 'remove'): readonly Change[] {
  const isRemoved = what === 'remove';
  const { folder, branches, env, isEnvShown, makefile, packageManager } = layout;
  const inProject = (name: string): string => posix.join(folder, name);
  return [
    hookChange(layout),
    {
      path: inProject('maj.config.json'),
      add: (text) => text ?? sharedText(layout, branches),
      remove: (text) => (text === sharedText(layout, branchesIn(text)) ? undefined : text),
    },
    {
      path: inProject('package.json'),
      add: (text) => withScripts(text ?? '{\n  "private": true\n}\n', packageManager === 'yarn-berry'),
      remove: withoutScripts,
    },
    // With Plug'n'Play there is no folder to include it from.
    ...(layout.packageFolder === undefined
      ? []
      : [lines(inProject(makefile), [`-include ${posix.relative(folder, layout.packageFolder)}/maj.mk`])]),
    ...ciChanges(layout, isRemoved),
    ...(isEnvShown || isRemoved ? [lines(inProject('.gitignore'), ['.env'])] : []),
    ...(knowsOtherNames(env) || isRemoved
      ? [lines(inProject('.env'), ['DB_NAME=${DB_DATABASE}', 'DB_USER=${DB_USERNAME}'])]
      : []),
  ];
}

/** `maj.config.json` as it is written. */
const sharedText = (
  { folder, packageFolder = defaultFolder, migrations, env }: Layout,
  branches: readonly string[],
): string =>
  `${JSON.stringify(
    {
      $schema: `./${posix.relative(folder, packageFolder)}/maj.config.schema.json`,
      DEPLOY_BRANCH: branches,
      ...(migrations === undefined || migrations.folder === 'migrations'
        ? {}
        : { MIGRATIONS_DIR: migrations.folder }),
      ...(isName(env['DB_NAME']) ? { DB_NAME: env['DB_NAME'] } : {}),
    },
    null,
    2,
  )}\n`;

const defaultFolder = 'node_modules/maj-kit';

/** The branches that such a text names: they were chosen when it was written (`--branch`). */
function branchesIn(text: string): readonly string[] {
  const parsed = v.safeParse(
    v.pipe(v.string(), v.parseJson(), v.object({ DEPLOY_BRANCH: v.array(v.string()) })),
    text,
  );
  return parsed.success ? parsed.output.DEPLOY_BRANCH : [];
}

/** Whether the shared file may name the database as `.env` does: a text, and nothing that is put together there. */
const isName = (text: string | undefined): text is string =>
  text !== undefined && text !== '' && !text.includes('$');

/** Whether `.env` tells the database by the names of Laravel and its like. */
const knowsOtherNames = (env: Layout['env']): boolean =>
  env['DB_DATABASE'] !== undefined &&
  env['DB_USERNAME'] !== undefined &&
  env['DB_NAME'] === undefined &&
  env['DATABASE_URL'] === undefined;

function ciChanges(layout: Layout, isRemoved: boolean): Change[] {
  const { ci, packageManager, branches, packageFolder } = layout;
  const services = isRemoved ? (['github', 'gitlab'] as const) : ci === undefined ? [] : [ci];
  const { project } = hookCallOf(layout);
  const program =
    packageFolder === undefined ? `yarn --cwd ${project} run maj` : `node ${packageFolder}/dist/maj.js`;
  return services.map((service) => ({
    path: ciFiles[service],
    add: (text) =>
      text !== undefined && hasBlock(text)
        ? text
        : withWorkflow(service, text, { packageManager, branches, program, project }),
    remove: withoutLines,
  }));
}

/** Lines at the end of a file whose comments begin with `#`. */
const lines = (path: string, added: readonly string[]): Change => ({
  path,
  add: (text = '') => (hasBlock(text) ? text : withBlock(text, added)),
  remove: withoutLines,
});

/** A file without our lines; undefined: it held nothing else. One without any, empty or not, stays. */
const withoutLines = (text: string): string | undefined =>
  hasBlock(text) ? withoutBlock(text) || undefined : text;

function hookChange(layout: Layout): Change {
  const { manager } = layout;
  const call = hookCallOf(layout);
  switch (manager.kind) {
    case 'husky':
    case 'plain':
      return {
        path: manager.kind === 'husky' ? `${manager.folder}/pre-push` : manager.file,
        add: (text) => withHook(text, call),
        remove: withoutHook,
        // husky starts its hooks by a shell, whatever their mode.
        isProgram: manager.kind === 'plain',
      };
    case 'lefthook':
      return {
        path: manager.file,
        add: (text = '') => withLefthook(text, gateCommand(call, '{1} {2}')),
        remove: withoutBlock,
      };
    case 'simple-git-hooks': {
      const command = gateCommand(call, '"$@"');
      return {
        path: manager.file,
        add: (text = '{}') => withSimpleHook(text, command),
        remove: (text) => withoutSimpleHook(text, command),
      };
    }
    case 'unknown':
      return { path: manager.file, add: () => undefined, remove: (text) => text };
  }
}
