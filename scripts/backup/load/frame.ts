const frame = [
  // A lock on the table would keep the other connections out, and hides the sequences that a default asks (error 1100).
  /^(?:LOCK TABLES|UNLOCK TABLES)\b/,
  // MariaDB 11 and later put a transaction around the rows of each table, and end it after them.
  /^(?:commit$|set autocommit\s*=|SET @OLD_AUTOCOMMIT=)/i,
  // What stands before the rows is set by the connection that loads them, and does no harm to other tables.
  /^\/\*M!101100 SET system_versioning_insert_history=@old_/,
];

/**
 * Whether a statement is there for a dump that comes in over a single connection, and is left out where several load it.
 *
 * @param isOrdinary whether it is of an InnoDB table: other engines' keys are switched off while rows come in
 */
export const isFrame = (statement: string, isOrdinary: boolean): boolean =>
  frame.some((pattern) => pattern.test(statement)) ||
  (isOrdinary && statement.startsWith('/*!40000 ALTER TABLE '));
