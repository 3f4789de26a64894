import { ruleSettings, settingNames, settingOf, type SettingName } from './settings.ts';

type Texts = Readonly<Partial<Record<string, string>>>;

/** The places that settings come from. */
export interface Sources {
  /** The file that a team shares. */
  readonly shared: Texts;
  /** `.env`. */
  readonly file: Texts;
  readonly environment: Texts;
  /** Options of the command line. */
  readonly options: Texts;
}

/** The settings that count, and the names of those of the environment that do not. */
export interface ChosenTexts {
  readonly texts: Texts;
  readonly ignored: readonly SettingName[];
}

const addressParts: ReadonlySet<SettingName> = new Set([
  'DB_HOST',
  'DB_PORT',
  'DB_SOCKET',
  'DB_NAME',
  'DB_USER',
  'DB_PASSWORD',
]);

/** Options over environment over `.env` over what is shared: whoever calls decides. Pure. */
export function mergeCallerFirst({ shared, file, environment, options }: Sources): Texts {
  return { ...shared, ...file, ...ours(environment), ...options };
}

/**
 * What the project says decides: the shared file over `.env`. The environment adds what is said nowhere, such as where the
 * database is, and no rule of the check; an alias or a direnv would open it without a trace. Pure.
 */
export function mergeProjectFirst({ shared, file, environment, options }: Sources): ChosenTexts {
  const said = given({ ...file, ...shared, ...options });
  const names = (set: Texts): readonly string[] => Object.keys(set);
  const saysAddress = (said['DATABASE_URL'] ?? '') !== '';
  const saysParts = names(said).some((name) => addressParts.has(name as SettingName));
  const counts = (name: SettingName): boolean => {
    if (name === 'MAJ_LANG') return true;
    if (name === 'DATABASE_URL' ? saysParts : saysAddress && addressParts.has(name)) return false;
    return said[name] === undefined && !ruleSettings.includes(name);
  };
  const called = ours(environment);
  const isCalled = (name: SettingName): boolean => called[name] !== undefined;
  const added = Object.fromEntries(
    settingNames.filter((name) => isCalled(name) && counts(name)).map((name) => [name, called[name] ?? '']),
  );
  const ignored = settingNames.filter(
    (name) => isCalled(name) && !counts(name) && called[name] !== (said[name] ?? settingOf(name).default),
  );
  return { texts: { ...said, ...added }, ignored };
}

/** What is empty says nothing, such as a line of `.env.example` that nobody filled in; but of settings that may be empty. */
const given = (texts: Texts): Texts =>
  Object.fromEntries(Object.entries(texts).filter(([name, text]) => text !== '' || emptyCounts.has(name)));

const emptyCounts: ReadonlySet<string> = new Set(
  settingNames.filter((name) => settingOf(name).mayBeEmpty === true),
);

/** What is empty in the environment is not given. */
const ours = (environment: Texts): Texts =>
  Object.fromEntries(
    settingNames.flatMap((name) => {
      const text = environment[name];
      return text === undefined || text === '' ? [] : [[name, text]];
    }),
  );
