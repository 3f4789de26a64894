import { posix } from 'node:path';
import { isScript } from '../migrations/script-names.ts';

/** What installs the packages of a project. */
export type PackageManager = 'npm' | 'pnpm' | 'yarn' | 'yarn-berry';

const addWords: Readonly<Record<PackageManager, readonly [string, ...string[]]>> = {
  npm: ['npm', 'install', '--save-dev'],
  pnpm: ['pnpm', 'add', '--save-dev'],
  yarn: ['yarn', 'add', '--dev'],
  'yarn-berry': ['yarn', 'add', '--dev'],
};

/** The words that install maj for the developers of a project. */
export const addingMaj = (packageManager: PackageManager, range = ''): readonly [string, ...string[]] => [
  ...addWords[packageManager],
  `maj-kit${range}`,
];

/** What tells which one it is. */
interface PackageFacts {
  /** `packageManager` of package.json, as corepack reads it: `pnpm@9.1.0`. */
  readonly named: string | undefined;
  /** The names of the files in the project's folder, and in those above it up to the root of the repository. */
  readonly files: readonly string[];
  /** The text of yarn.lock. */
  readonly yarnLock: string | undefined;
}

/** The package manager of a project: the one that it names, else the one whose lock file is there. Pure. */
export function packageManagerOf({ named, files, yarnLock }: PackageFacts): PackageManager {
  const [, name, major] = /^(npm|pnpm|yarn)@(\d+)/.exec(named ?? '') ?? [];
  if (name === 'npm' || name === 'pnpm') return name;
  if (name === 'yarn') return Number(major) > 1 ? 'yarn-berry' : 'yarn';
  if (files.includes('pnpm-lock.yaml')) return 'pnpm';
  if (!files.includes('yarn.lock')) return 'npm';
  // Yarn 1 never wrote this entry.
  return files.includes('.yarnrc.yml') || /^__metadata:/m.test(yarnLock ?? '') ? 'yarn-berry' : 'yarn';
}

/** What starts programs when git pushes; paths are from the root of the repository. */
export type HookManager =
  | { readonly kind: 'husky'; readonly folder: string; readonly isNew?: boolean }
  | { readonly kind: 'lefthook'; readonly file: string }
  | { readonly kind: 'simple-git-hooks'; readonly file: string }
  /** A folder of hooks, which git itself looks into; `file` is absolute where that folder is git's own. */
  | { readonly kind: 'plain'; readonly file: string }
  /** One that has to be told by hand. */
  | { readonly kind: 'unknown'; readonly name: string; readonly file: string };

/** What tells which one it is. */
export interface HookFacts {
  /** `core.hooksPath`, as git has it. */
  readonly hooksPath: string | undefined;
  /** The root of the repository; absolute. */
  readonly top: string;
  /** git's own folder of hooks; absolute. */
  readonly hooksFolder: string;
  /** The names of the hooks in there, without the samples. */
  readonly hooks: readonly string[];
  /** The text of its pre-push. */
  readonly prePush: string | undefined;
  /** The names of the files in the root of the repository. */
  readonly topFiles: readonly string[];
  /** The files with settings of simple-git-hooks, the first of which it takes. */
  readonly simpleFiles: readonly string[];
  /** husky is installed, or stands in package.json. */
  readonly hasHusky: boolean;
  /** The project's folder from the root; empty: the root itself. */
  readonly folder: string;
}

const lefthookFiles = ['lefthook', '.lefthook'].flatMap((name) =>
  ['yml', 'yaml', 'json', 'jsonc', 'toml'].map((ending) => `${name}.${ending}`),
);

/** The hook manager of a repository; where there is none, husky. Pure. */
export function hookManagerOf(facts: HookFacts): HookManager {
  const { hooksPath, top, hooksFolder, topFiles } = facts;
  if (hooksPath !== undefined) {
    const path = posix.relative(top, posix.resolve(top, hooksPath));
    const name = 'core.hooksPath';
    // Hooks of all of a user's repositories: a line there would judge the pushes of every one.
    if (path.startsWith('..')) return { kind: 'unknown', name, file: hooksPath };
    const husky = /^(.*\.husky)(?:\/_)?$/.exec(path)?.[1];
    return husky === undefined
      ? { kind: 'plain', file: `${path}/pre-push` }
      : { kind: 'husky', folder: husky };
  }
  const lefthook = lefthookFiles.find((name) => topFiles.includes(name));
  if (lefthook !== undefined)
    return /\.ya?ml$/.test(lefthook)
      ? { kind: 'lefthook', file: lefthook }
      : { kind: 'unknown', name: 'lefthook', file: lefthook };
  const [simple] = facts.simpleFiles;
  if (simple !== undefined)
    return posix.basename(simple) === 'package.json'
      ? { kind: 'simple-git-hooks', file: simple }
      : { kind: 'unknown', name: 'simple-git-hooks', file: simple };
  const plain = (name: string): HookManager => ({ kind: 'plain', file: `${hooksFolder}/${name}` });
  // pre-commit starts a hook that was there before it (`pre-push.legacy`) for every line of git's, its own for the first
  // line at most: a new branch whose commits are all on the remote already starts none.
  if (facts.prePush?.includes('pre-commit') === true) return plain('pre-push.legacy');
  if (topFiles.includes('.husky') || facts.hasHusky) return { kind: 'husky', folder: '.husky' };
  // Setting core.hooksPath, as husky does, would switch these off.
  if (facts.hooks.length > 0 || topFiles.includes('.pre-commit-config.yaml')) return plain('pre-push');
  const own = topFiles.includes('package.json') || facts.folder === '';
  return { kind: 'husky', folder: own ? '.husky' : `${facts.folder}/.husky`, isNew: true };
}

/** Migrations that were found in a project. */
export interface FoundMigrations {
  /** The program whose they are; `sql`: plain scripts. */
  readonly of: string;
  /** From the project's folder. */
  readonly folder: string;
  /** Whether they are scripts that maj runs by itself. */
  readonly isSql: boolean;
}

/** Where programs keep their migrations, and by which file such a program is known; `sql` where that is not told. */
const places: readonly {
  readonly of: string;
  readonly folder: RegExp;
  /** A file of the project, or a package that it depends on. */
  readonly known?: RegExp;
}[] = [
  {
    of: 'Prisma',
    folder: /^(?:.*\/)?prisma\/migrations$/,
    known: /schema\.prisma$|^(?:@prisma\/client|prisma)$/,
  },
  { of: 'Laravel', folder: /^database\/migrations$/, known: /^artisan$/ },
  { of: 'Rails', folder: /^db\/migrate$/, known: /^bin\/rails$|^Gemfile$/ },
  { of: 'Django', folder: /^[^/]+(?:\/[^/]+)*\/migrations$/, known: /^manage\.py$/ },
  { of: 'Alembic', folder: /^(?:alembic|migrations)\/versions$/, known: /alembic\.ini$/ },
  { of: 'Phinx', folder: /^(?:.*\/)?migrations$/, known: /^phinx\.(?:php|ya?ml|json)$/ },
  {
    of: 'Doctrine',
    folder: /^(?:src\/)?[Mm]igrations$/,
    known: /^config\/packages\/doctrine_migrations|^migrations\.php$|^bin\/console$/,
  },
  {
    of: 'Flyway',
    folder: /(?:^|\/)db\/migration$|^sql$/,
    known: /flyway\.(?:conf|toml)$|^src\/main\/resources\/db\/migration\//,
  },
  {
    of: 'Drizzle',
    folder: /^(?:.*\/)?drizzle(?:\/migrations)?$/,
    known: /drizzle\.config\.[cm]?[jt]s$|^drizzle-orm$/,
  },
  { of: 'Knex', folder: /^(?:.*\/)?migrations$/, known: /knexfile\.[cm]?[jt]s$|^knex$/ },
  { of: 'Sequelize', folder: /^(?:.*\/)?migrations$/, known: /^\.sequelizerc$|^sequelize(?:-cli)?$/ },
  { of: 'TypeORM', folder: /^(?:.*\/)?migrations?$/, known: /^typeorm$/ },
  { of: 'SQL', folder: /^(?:(?:db|database|sql)\/)?migrations$|^db\/migration$/ },
];

/**
 * The migrations of a project: scripts of SQL, if there are any; else those of another program, which is known by its files or
 * its package. Undefined: there are none. Pure.
 *
 * @param paths the files of the project, from its folder
 * @param packages the names of the packages that it depends on
 */
export function migrationsOf(
  paths: readonly string[],
  packages: readonly string[],
): FoundMigrations | undefined {
  const folders = [...new Set(paths.map((path) => posix.dirname(path)))].sort((a, b) => a.length - b.length);
  const found: FoundMigrations[] = [];
  for (const { of, folder: place, known } of places) {
    if (known !== undefined && ![...paths, ...packages].some((name) => known.test(name))) continue;
    const folder = folders.find((candidate) => place.test(candidate)) ?? parentOf(folders, place);
    if (folder === undefined) continue;
    const names = paths.filter((path) => posix.dirname(path) === folder).map((path) => posix.basename(path));
    const isSql = names.some(isScript) && of !== 'Drizzle';
    found.push({ of: isSql && of !== 'Flyway' ? 'SQL' : of, folder, isSql });
  }
  return found.find(({ isSql }) => isSql) ?? found[0];
}

/** A folder that holds nothing but folders, as Prisma's. */
const parentOf = (folders: readonly string[], place: RegExp): string | undefined =>
  folders.map((folder) => posix.dirname(folder)).find((folder) => place.test(folder));
