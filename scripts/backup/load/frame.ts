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

const ownCharset = /^\/\*!\d+ SET character_set_client = utf8mb4 \*\/$/;
const definitionFrame = [
  ownCharset,
  /^\/\*!\d+ SET @saved_cs_client\s*= @@character_set_client \*\/$/,
  /^\/\*!\d+ SET character_set_client = @saved_cs_client \*\/$/,
  /^DROP TABLE IF EXISTS /,
];

/**
 * What there is to do of the statements that make a table: where no table has its name, and in a session that is in
 * utf8mb4, as the header of every dump of ours puts it, nothing but to make it. What else there is would take several times as
 * long to be sent as to be done.
 */
export const withoutFrame = <S extends { readonly text: string }>(statements: readonly S[]): readonly S[] =>
  statements.some(({ text }) => ownCharset.test(text))
    ? statements.filter(({ text }) => !definitionFrame.some((pattern) => pattern.test(text)))
    : statements;
