import type { Refusal, Remedy } from '../../../backup/trial/refusals.ts';

/** What was to be restored, and who tried it. */
interface Tried {
  readonly backup: string;
  readonly database: string;
  /** As SQL takes it. */
  readonly grantee: string;
  readonly wayBack: boolean;
}

/** The beginning of a sentence. */
export const notRestorable = ({ backup, database, wayBack }: Omit<Tried, 'grantee'>): string =>
  wayBack
    ? `${database} could not be brought back to the backup ${backup}, should that be needed`
    : `The backup ${backup} cannot be restored into ${database}`;

const mostShown = 20;

/** What was refused, and why: the first of many. */
export const refusalLines = (refusals: readonly Refusal[]): string[] => [
  ...refusals.slice(0, mostShown).map(({ object, reason }) => `${object}: ${reason}`),
  ...(refusals.length > mostShown ? [`and ${refusals.length - mostShown} more`] : []),
];

/** The privilege that making an object takes. */
const privileges: Readonly<Record<Refusal['kind'], string>> = {
  table: 'CREATE',
  'foreign key': 'REFERENCES',
  sequence: 'CREATE',
  trigger: 'TRIGGER',
  routine: 'CREATE ROUTINE, ALTER ROUTINE',
  view: 'CREATE VIEW',
  event: 'EVENT',
};

type Facts = Tried & { readonly flavour: 'mariadb' | 'mysql'; readonly refusals: readonly Refusal[] };

/** What helps against all of them: each remedy once. */
export function remedies(facts: Facts): string {
  const lines = facts.refusals.map((refusal) =>
    refusal.remedy === null ? undefined : remedyText(refusal.remedy, refusal, facts),
  );
  const known = [...new Set(lines.filter((line) => line !== undefined))];
  const unknown = lines.includes(undefined)
    ? ['Remove the reason that the server gives, or set DB_USER to an account that may do it.']
    : [];
  return [...known, ...unknown].join('\n');
}

function remedyText(remedy: Remedy, { kind }: Refusal, { flavour, database, grantee }: Facts): string {
  const asMayGrant = `GRANT SESSION_VARIABLES_ADMIN ON *.* TO ${grantee}`;
  switch (remedy) {
    case 'trust-creators':
      return 'The server has a binary log and does not trust who makes functions and triggers: SET GLOBAL log_bin_trust_function_creators = ON, and in its configuration.';
    case 'primary-key':
      return flavour === 'mysql'
        ? `The server asks for a primary key: ${asMayGrant}, so that maj may switch that off for itself; or SET GLOBAL sql_require_primary_key = OFF; or give the table one and take a new backup.`
        : 'The server asks for a primary key: SET GLOBAL innodb_force_primary_key = OFF, or give the table one and take a new backup.';
    case 'unique-parent-key':
      return `The server asks for a unique key where a foreign key refers to: ${asMayGrant}, so that maj may switch that off for itself; or SET GLOBAL restrict_fk_on_non_standard_key = OFF; or make that key unique and take a new backup.`;
    case 'row-size':
      return `Rows of that table can be longer than the server takes: ${flavour === 'mysql' ? `${asMayGrant}, so that maj may switch innodb_strict_mode off for itself; or ` : ''}SET GLOBAL innodb_strict_mode = OFF, or shorten its columns and take a new backup.`;
    case 'system-user':
      return `It runs as an account that has SYSTEM_USER: GRANT SYSTEM_USER ON *.* TO ${grantee}, or let it run as another account and take a new backup.`;
    case 'definer':
      return `It runs as another account: GRANT ${flavour === 'mariadb' ? 'SET USER' : 'SET_ANY_DEFINER (before MySQL 8.2: SET_USER_ID)'} ON *.* TO ${grantee}.`;
    case 'absent-definer':
      return `It runs as an account that is not there: create that account${flavour === 'mysql' ? `, or GRANT ALLOW_NONEXISTENT_DEFINER ON *.* TO ${grantee}` : ''}.`;
    case 'read-only':
      return 'The server takes no changes now: name the one that does in the settings, or switch read_only off.';
    case 'privilege':
      return `GRANT ${privileges[kind]} ON \`${database}\`.* TO ${grantee}.`;
  }
}
