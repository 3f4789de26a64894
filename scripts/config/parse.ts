import * as v from 'valibot';
import { nearestName } from './nearest-name.ts';
import { settingNames, settingOf, settings, type Config, type SettingName } from './settings.ts';

/** Something wrong with the settings; where the text of the value may be shown, it is. */
export type SettingProblem =
  | UnknownName
  | { readonly kind: 'invalid'; readonly name: SettingName; readonly expected: string }
  | { readonly kind: 'both'; readonly name: SettingName; readonly other: SettingName }
  | { readonly kind: 'bad-url' };

/** The settings, or everything that is wrong with them. */
type ParsedSettings =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly SettingProblem[] };

/**
 * Reads the settings from texts: pure, and reporting every problem at once.
 *
 * @param texts the texts by name; an empty one counts as not given, but of those that `mayBeEmpty`
 * @param declared the names that stand in a place meant for us (`.env`, options): there an unknown one is an error,
 *   while the environment may hold anything
 */
export function parseSettings(
  texts: Readonly<Record<string, string | undefined>>,
  declared: readonly string[],
): ParsedSettings {
  const { expanded, problems: urlProblems } = expandDatabaseUrl(texts);
  const problems: SettingProblem[] = [...unknownNames(declared), ...urlProblems];
  const values: Partial<Record<SettingName, unknown>> = {};
  for (const name of settingNames) {
    const given = expanded[name];
    const { default: fallback, mayBeEmpty } = settingOf(name);
    const text = given === undefined || (given === '' && mayBeEmpty !== true) ? fallback : given;
    if (text === undefined) continue;
    const parsed = v.safeParse(settingOf(name).type.schema, text);
    if (parsed.success) values[name] = parsed.output;
    else problems.push({ kind: 'invalid', name, expected: settingOf(name).type.name });
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, config: values as Config };
}

const urlParts = ['DB_HOST', 'DB_PORT', 'DB_SOCKET', 'DB_NAME', 'DB_USER', 'DB_PASSWORD'] as const;

function expandDatabaseUrl(texts: Readonly<Record<string, string | undefined>>): {
  expanded: Readonly<Record<string, string | undefined>>;
  problems: readonly SettingProblem[];
} {
  const address = texts['DATABASE_URL'];
  if (address === undefined || address === '') return { expanded: texts, problems: [] };
  const both = urlParts.filter((name) => (texts[name] ?? '') !== '');
  if (both.length > 0) {
    return {
      expanded: texts,
      problems: both.map((name) => ({ kind: 'both', name: 'DATABASE_URL', other: name })),
    };
  }
  if (!URL.canParse(address) || !/^(mysql|mariadb):/.test(address))
    return { expanded: texts, problems: [{ kind: 'bad-url' }] };
  const parts = partsOfUrl(new URL(address));
  return parts === undefined
    ? { expanded: texts, problems: [{ kind: 'bad-url' }] }
    : { expanded: { ...texts, ...parts }, problems: [] };
}

/** The settings that an address stands for; undefined when it holds a `%` that stands for nothing. */
function partsOfUrl(url: URL): Readonly<Record<(typeof urlParts)[number], string>> | undefined {
  try {
    return {
      // An IPv6 address stands in brackets there, and only there.
      DB_HOST: decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, '$1'),
      DB_PORT: url.port,
      DB_SOCKET: url.searchParams.get('socket') ?? '',
      DB_NAME: decodeURIComponent(url.pathname.slice(1)),
      DB_USER: decodeURIComponent(url.username),
      DB_PASSWORD: decodeURIComponent(url.password),
    };
  } catch {
    return undefined;
  }
}

/** A name in `.env` that is no setting, and is meant for one (`unknown`), or probably is (`slip`). */
type UnknownName =
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
