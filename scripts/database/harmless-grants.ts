import { grantsOn } from './grants.ts';

/**
 * What an account may hold for all of a throwaway server while scripts run there: nothing that reaches a file, the
 * network, an account, another session or a setting of the server. What is not in this list is never given, whatever the
 * live account has: FILE, SUPER, SYSTEM_VARIABLES_ADMIN, REPLICATION …, CREATE USER, plugins, BINLOG statements, and PROCESS,
 * which would tell the name of the account that looks on.
 */
const harmless: readonly string[] = [
  ...['RELOAD', 'CREATE TABLESPACE', 'BACKUP_ADMIN', 'XA_RECOVER_ADMIN'],
  ...[
    'FLUSH_TABLES',
    'FLUSH_STATUS',
    'FLUSH_OPTIMIZER_COSTS',
    'OPTIMIZE_LOCAL_TABLE',
    'TABLE_ENCRYPTION_ADMIN',
  ],
];

/** What concerns one's own session, `sql_log_bin` above all: SUPER held it on older servers, and holds it still. */
const ofSuper: readonly string[] = ['SESSION_VARIABLES_ADMIN', 'BINLOG ADMIN'];

/** What makes a view or routine another's. Scripts run on the copy under another name than live, so all may do it. */
const always: readonly string[] = ['SET USER', 'SET_USER_ID', 'SET_ANY_DEFINER', 'ALLOW_NONEXISTENT_DEFINER'];

/**
 * What the account that scripts run as is given for all of a throwaway server: pure.
 *
 * @param live the lines of SHOW GRANTS of the live account; undefined where nobody could be asked: what is harmless
 * @param known the privileges of the throwaway server, in capitals
 */
export function harmlessGrants(live: readonly string[] | undefined, known: ReadonlySet<string>): string[] {
  const global = live === undefined ? new Set(['ALL PRIVILEGES']) : globalGrants(live);
  const has = (...names: readonly string[]): boolean => names.some((name) => global.has(name));
  return [...harmless, ...ofSuper, ...always].filter(
    (name) =>
      known.has(name) &&
      (has(name, 'ALL PRIVILEGES') || always.includes(name) || (ofSuper.includes(name) && has('SUPER'))),
  );
}

/**
 * Whether the live account may do what an account on the copy was refused, by the server's words: pure.
 *
 * @returns undefined where nobody could be asked, or the words name no privilege
 */
export function mayOnLive(live: readonly string[] | undefined, words: string): boolean | undefined {
  const named = /at least one of\) the (.+?) privilege/.exec(words)?.[1];
  if (live === undefined || named === undefined) return undefined;
  const global = globalGrants(live);
  return ['ALL PRIVILEGES', ...named.split(/, | or /)].some((name) => global.has(name));
}

/** What holds everywhere: no pattern for names of databases fits one that cannot be. */
const globalGrants = (lines: readonly string[]): ReadonlySet<string> =>
  grantsOn(
    lines.filter((line) => line.includes(' ON *.* TO ')),
    '',
  );
