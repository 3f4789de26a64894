import type { SqlError } from '../../database/session/session.ts';
import type { ObjectKind } from './trial-statements.ts';

/** What lets a server make an object that it has refused to make. */
export type Remedy =
  | 'trust-creators'
  | 'primary-key'
  | 'unique-parent-key'
  | 'row-size'
  | 'system-user'
  | 'definer'
  | 'absent-definer'
  | 'read-only'
  | 'privilege';

/** An object that the server would not make again. */
export interface Refusal {
  readonly kind: ObjectKind;
  /** `trigger keep_past`. */
  readonly object: string;
  /** The server's own words, with its number. */
  readonly reason: string;
  /** Null where nobody knows better than the server's words. */
  readonly remedy: Remedy | null;
}

/** The numbers are those of both servers' manuals, "Server Error Message Reference". */
const byNumber: Readonly<Record<number, Remedy>> = {
  // ER_BINLOG_CREATE_ROUTINE_NEED_SUPER and ER_BINLOG_UNSAFE_ROUTINE
  1419: 'trust-creators',
  1418: 'trust-creators',
  // ER_TABLE_WITHOUT_PK of MySQL; ER_REQUIRES_PRIMARY_KEY with MariaDB's innodb_force_primary_key
  3750: 'primary-key',
  1173: 'primary-key',
  // ER_FK_NO_UNIQUE_KEY… of MySQL 8.4 and later
  6125: 'unique-parent-key',
  1118: 'row-size',
  1290: 'read-only',
  1836: 'read-only',
  1044: 'privilege',
  1142: 'privilege',
  1143: 'privilege',
  1370: 'privilege',
  1449: 'absent-definer',
};

/** What helps against an error. Pure. */
export function remedyFor({ errno, message }: Pick<SqlError, 'errno' | 'message'>): Remedy | null {
  if (errno === 1227) {
    // "you need (at least one of) the … privilege(s) for this operation": of all kinds of statement.
    if (/\bSYSTEM_USER\b/.test(message)) return 'system-user';
    if (/\bALLOW_NONEXISTENT_DEFINER\b/.test(message)) return 'absent-definer';
    return /\bSET[_ ](?:ANY_DEFINER|USER)|SET_USER_ID|\bSUPER\b/.test(message) ? 'definer' : null;
  }
  return byNumber[errno ?? 0] ?? null;
}

/** Errors that say that something else is not there: it is not there now, and will be when everything is restored. */
const absent = new Set([
  1049, // ER_BAD_DB_ERROR
  1054, // ER_BAD_FIELD_ERROR
  1109, // ER_UNKNOWN_TABLE
  1146, // ER_NO_SUCH_TABLE
  1305, // ER_SP_DOES_NOT_EXIST
  1347, // ER_WRONG_OBJECT
  1356, // ER_VIEW_INVALID
]);

/** Whether a statement failed for want of something that it refers to. Pure. */
export const isForWantOf = ({ errno }: Pick<SqlError, 'errno'>): boolean => absent.has(errno ?? 0);

/** Whether a statement failed because somebody else was at work on something: that says nothing of whether it is allowed. */
export const isForAnother = ({ errno }: Pick<SqlError, 'errno'>): boolean => errno === 1205 || errno === 1213;
