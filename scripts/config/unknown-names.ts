import { nearestName } from './nearest-name.ts';
import { settingNames, settings } from './settings.ts';

/** A name in `.env` that is no setting, and is meant for one (`unknown`), or probably is (`slip`). */
export type UnknownName =
  | { readonly kind: 'unknown'; readonly name: string; readonly nearest: string | undefined }
  | { readonly kind: 'slip'; readonly name: string; readonly nearest: string };

/** What begins like this in `.env` is meant for us. */
const ourPrefix = /^(MAINTENANCE|MIGRATIONS|UPDATE|BACKUP|CLIENT|REHEARSAL|DEPLOY|GATE|MAJ)_/;

/** So do names of Laravel, Symfony, WordPress and many applications, in whose `.env` ours may stand. */
const sharedPrefix = /^(DB|APP)_/;

/**
 * What is wrong with the names in a place that is meant for us. With a prefix that others use, too, only a name that is
 * near one of our settings is, and only while that setting is not there as well: the two are no slip then.
 */
export function unknownNames(declared: readonly string[]): UnknownName[] {
  return declared
    .filter((name) => !Object.hasOwn(settings, name))
    .flatMap((name): UnknownName[] => {
      if (ourPrefix.test(name)) return [{ kind: 'unknown', name, nearest: nearestName(name, settingNames) }];
      const nearest = slipOf(name);
      return nearest === undefined || declared.includes(nearest) ? [] : [{ kind: 'slip', name, nearest }];
    });
}

/** The setting that a name with a shared prefix is near to, by what follows the prefix: APP_VERSION is not APP_PERSIST. */
function slipOf(name: string): string | undefined {
  const prefix = sharedPrefix.exec(name)?.[0];
  if (prefix === undefined) return undefined;
  const known = settingNames.filter((other) => other.startsWith(prefix));
  return nearestName(name, known, (name.length - prefix.length) / 3);
}
