import { posix } from 'node:path';
import { isScript } from './script-names.ts';

/** Files that a program of their own runs as migrations: of Laravel, Doctrine, Django, Rails, Knex, Flyway, Liquibase and so on. */
const code = /\.(?:php|[cm]?[jt]s|py|rb|java|kt|kts|go|exs?|cs|fs|groovy|xml|ya?ml|json|prisma|sql)$/i;

/** A version at the beginning of a name: `2024_01_01_create.php`, `V2__x.java`. */
const versioned = /^[vr]?\d/i;

/**
 * The files of a folder of migrations that are migrations, and none that maj runs: where it has no scripts of SQL, all that hold
 * code, in its folders too; beside such scripts, those whose names begin with a version. Pure.
 *
 * @param paths relative to the folder
 */
export function foreignMigrations(paths: readonly string[]): string[] {
  const isHidden = (path: string): boolean => path.split('/').some((name) => name.startsWith('.'));
  const here = paths.filter((path) => !path.includes('/'));
  const others = paths.filter(
    (path) => code.test(path) && !isHidden(path) && (path.includes('/') || !isScript(path)),
  );
  return here.some(isScript)
    ? others.filter((path) => !path.includes('/') && versioned.test(posix.basename(path)))
    : others;
}
