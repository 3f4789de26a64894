import { urlParts } from './parse.ts';
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

const addressParts: ReadonlySet<SettingName> = new Set(urlParts);

/** Options over environment over `.env` over what is shared: whoever calls decides. Pure. */
export function mergeCallerFirst({ shared, file, environment, options }: Sources): ChosenTexts {
  const texts = { ...shared, ...file, ...Object.fromEntries(called(environment)), ...options };
  return { texts, ignored: [] };
}

/**
 * What the project says decides: the shared file over `.env`. The environment adds what is said nowhere, such as where the
 * database is, and no rule of the check; an alias or a direnv would open it without a trace. Pure.
 */
export function mergeProjectFirst({ shared, file, environment, options }: Sources): ChosenTexts {
  const said = given({ ...file, ...shared, ...options });
  const saysAddress = said['DATABASE_URL'] !== undefined;
  const saysParts = urlParts.some((name) => said[name] !== undefined);
  const counts = (name: SettingName): boolean => {
    if (name === 'MAJ_LANG') return true;
    if (name === 'DATABASE_URL' ? saysParts : saysAddress && addressParts.has(name)) return false;
    return said[name] === undefined && !ruleSettings.includes(name);
  };
  const all = called(environment);
  const added = all.filter(([name]) => counts(name));
  const ignored = all.filter(
    ([name, text]) => !counts(name) && text !== (said[name] ?? settingOf(name).default),
  );
  return { texts: { ...said, ...Object.fromEntries(added) }, ignored: ignored.map(([name]) => name) };
}

/**
 * Where others push to: what this machine's own `.env` says goes before what a commit brings. For the rest the project decides.
 * Pure.
 */
export const mergeServerFirst = ({ shared, file, ...others }: Sources): ChosenTexts =>
  mergeProjectFirst({ ...others, shared: { ...shared, ...given(file) }, file: {} });

/** What is empty says nothing, such as a line of `.env.example` that nobody filled in; but of settings that may be empty. */
const given = (texts: Texts): Texts =>
  Object.fromEntries(Object.entries(texts).filter(([name, text]) => text !== '' || emptyCounts.has(name)));

const emptyCounts: ReadonlySet<string> = new Set(
  settingNames.filter((name) => settingOf(name).mayBeEmpty === true),
);

/** The settings of the environment; what is empty there is not given. */
const called = (environment: Texts): (readonly [SettingName, string])[] =>
  settingNames.flatMap((name) => {
    const text = environment[name];
    return text === undefined || text === '' ? [] : [[name, text] as const];
  });
