import * as v from 'valibot';
import { nearestName } from './nearest-name.ts';
import { settingNames, settingOf, settings, type Config, type SettingName } from './settings.ts';

/** A name in `.env` that can only be meant for us, and is no setting. */
interface UnknownName {
  readonly kind: 'unknown';
  readonly name: string;
  readonly nearest: string | undefined;
}

/** A setting that asks in `.env` for names without a value. */
export interface NoValue {
  readonly kind: 'no-value';
  readonly name: SettingName;
  /** The names; none where they may not be shown. */
  readonly asked: readonly string[];
  /** Whether the environment was asked, too. */
  readonly environment: boolean;
}

/** Something wrong with the settings; where the text of the value may be shown, it is. */
export type SettingProblem =
  | UnknownName
  | { readonly kind: 'invalid'; readonly name: SettingName; readonly expected: string }
  | { readonly kind: 'both'; readonly name: SettingName; readonly other: SettingName }
  | { readonly kind: 'bad-url' }
  | NoValue;

/** The settings, or everything that is wrong with them. */
type ParsedSettings =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly SettingProblem[] };

/**
 * Reads the settings from texts: pure, and reporting every problem at once.
 *
 * @param texts the texts by name; an empty one counts as not given, but of those that `mayBeEmpty`
 * @param declared the names that stand in `.env`: one that begins as only ours do and is no setting is an error
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

/** What DATABASE_URL says instead of them. */
export const urlParts = ['DB_HOST', 'DB_PORT', 'DB_SOCKET', 'DB_NAME', 'DB_USER', 'DB_PASSWORD'] as const;

function expandDatabaseUrl(texts: Readonly<Record<string, string | undefined>>): {
  expanded: Readonly<Record<string, string | undefined>>;
  problems: readonly SettingProblem[];
} {
  const address = texts['DATABASE_URL'];
  if (address === undefined || address === '') return { expanded: texts, problems: [] };
  if (!URL.canParse(address) || !/^(mysql|mariadb):/.test(address))
    return { expanded: texts, problems: [{ kind: 'bad-url' }] };
  const parts = partsOfUrl(new URL(address));
  if (parts === undefined) return { expanded: texts, problems: [{ kind: 'bad-url' }] };
  // Frameworks that are given both have them say the same: then it is no question which one counts.
  const others = urlParts.filter(
    (name) => !['', effective(name, parts)].includes(effective(name, texts, '')),
  );
  return {
    expanded: { ...texts, ...parts },
    problems: others.map((name) => ({ kind: 'both', name: 'DATABASE_URL', other: name })),
  };
}

/** What a text of a setting comes to: an empty one to what stands for it, its default where nothing else is said. */
const effective = (
  name: SettingName,
  texts: Readonly<Record<string, string | undefined>>,
  fallback: string = settingOf(name).default ?? '',
): string => (texts[name] ?? '') || fallback;

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

/** Names that begin like this are nobody else's. */
const ownPrefix = 'MAJ_';

/** Names of other programs begin like this, too, and ours may stand in their `.env`: CLIENT_ID, DEPLOY_KEY, APP_LOG. */
const sharedPrefix = /^(MAINTENANCE|MIGRATIONS|UPDATE|BACKUP|CLIENT|REHEARSAL|DEPLOY|GATE|DB|APP)_/;

/** The names in a place that is meant for us which begin as only ours do, and are none. */
const unknownNames = (declared: readonly string[]): UnknownName[] =>
  declared
    .filter((name) => name.startsWith(ownPrefix) && !Object.hasOwn(settings, name))
    .map((name) => ({ kind: 'unknown', name, nearest: nearestName(name, settingNames) }));

/** A name that is no setting, and is near one that is not given: as likely a slip as another program's. */
export interface Slip {
  readonly name: string;
  readonly nearest: SettingName;
}

/** The slips among names: pure. Beside the setting itself a name that is near it is none. */
export function findSlips(declared: readonly string[]): Slip[] {
  return declared
    .filter((name) => !Object.hasOwn(settings, name))
    .flatMap((name): Slip[] => {
      const prefix = sharedPrefix.exec(name)?.[0];
      if (prefix === undefined) return [];
      // By what follows the prefix: APP_VERSION is not APP_PERSIST. Of names with these two there are many.
      const letters = (name.length - prefix.length) / 3;
      const limit = ['DB_', 'APP_'].includes(prefix) ? letters : Math.max(2, letters);
      const known = settingNames.filter((other) => other.startsWith(prefix));
      const nearest = nearestName(name, known, limit);
      return nearest === undefined || declared.includes(nearest) ? [] : [{ name, nearest }];
    });
}
