/** The families of servers that speak the protocol, and that differ in everything else. Their names are in manifests. */
export const flavours = ['mariadb', 'mysql'] as const;

export type Flavour = (typeof flavours)[number];

/** One thing for each flavour: whoever adds one is asked for it everywhere by the compiler. */
type OfEach<T> = Readonly<Record<Flavour, T>>;

const programs: OfEach<Readonly<Record<'dump' | 'client', readonly [string, ...string[]]>>> = {
  mariadb: { dump: ['mariadb-dump', 'mysqldump'], client: ['mariadb', 'mysql'] },
  mysql: { dump: ['mysqldump'], client: ['mysql'] },
};

const onlyMariadb: OfEach<boolean> = { mariadb: true, mysql: false };
const onlyMysql: OfEach<boolean> = { mariadb: false, mysql: true };

/** The one table of what the servers of a flavour, and the vendor's programs for them, do in their own way. */
export const traits = {
  name: { mariadb: 'MariaDB', mysql: 'MySQL' },
  /** The names of the vendor's programs, the newest first: Debian's mysqldump is MariaDB's. */
  programs,
  /** The client has `ssl-mode` (MySQL 5.7.11 and later); MariaDB's has a switch for each thing. */
  hasSslMode: onlyMysql,
  /** The client fetches the key for `sha256_password` of whoever answers; MariaDB's by a plugin, which it may be denied. */
  fetchesServerKey: onlyMysql,
  /** Each row of a dump is on a line of its own, so that no text can be taken for the end of a row. */
  dumpsRowsOnLines: onlyMariadb,
  /** An INSERT of a dump without a list of columns has values for generated ones, too. */
  dumpsGeneratedColumns: onlyMariadb,
  /** The dump program escapes the database's name as if it were a text, and then does not find it (10.11 and 11.8). */
  dumpEscapesDatabaseName: onlyMariadb,
  /** A dump has the names of routines and triggers in the charset that they were written in, and not garbled. */
  dumpsNamesAsWritten: onlyMariadb,
  /** How it marks a comment that only servers of this flavour execute, before the version. */
  versionedComment: { mariadb: 'M!', mysql: '!' },
  /** A data folder is made by a script beside the server; MySQL's server makes its own (`--initialize`, 5.7 and later). */
  hasInstallScript: onlyMariadb,
  /** The variables that tell one server from another, see `readServerIdentity`. */
  identityVariables: { mariadb: ['server_uid', 'hostname', 'port', 'datadir'], mysql: ['server_uuid'] },
  /** SHOW GRANTS lists what the active role brings. */
  showsGrantsOfRole: onlyMariadb,
  /** A role is no account with a host, and is made by CREATE ROLE: MySQL's roles have one, and are accounts. */
  rolesHaveNoHost: onlyMariadb,
  /** To define something as an account that is not there takes a privilege of its own (ALLOW_NONEXISTENT_DEFINER). */
  absentDefinerNeedsGrant: onlyMysql,
  /** The first version with libraries of JavaScript: https://dev.mysql.com/doc/refman/9.2/en/create-library.html */
  librariesSince: { mariadb: undefined, mysql: '9.2' },
  /** JSON is a type of its own, whose numbers a dump may change; MariaDB's is text, and stays as it was written. */
  hasJsonType: onlyMysql,
  /**
   * The default of a column in information_schema is SQL, a constant in quotes or a number (MariaDB 10.2.7 and later); MySQL's is
   * the bare value, and EXTRA says where it is computed.
   */
  defaultsAreSql: onlyMariadb,
  /** The name of a CHECK constraint is unique in its database, as that of a foreign key, and not in its table. */
  checkNamesOfDatabase: onlyMysql,
  /** A DROP of several tables drops all or none of them (MySQL 8.0, "Atomic Data Definition Statement Support"). */
  dropsAllOrNone: onlyMysql,
  /**
   * A writer that waits for LOCK TABLES … READ to end keeps out every reader that comes after it: MEMORY and Aria always, MyISAM
   * for UPDATE and DELETE (10.11 and 11.8).
   */
  waitingWritersBlockReaders: onlyMariadb,
  /**
   * An empty table is filled by a bulk insert where the checks are off (MDEV-515), which locks the table, and which with LOAD DATA
   * is slower than without (10.11, 450 MB: 11.2 s against 6.8 s).
   */
  bulkInsertsUnchecked: onlyMariadb,
  /**
   * A table may be in the file that all share, and nothing about it tells. MySQL (9.7) writes `TABLESPACE` into a definition
   * that is altered afterwards.
   */
  sharesFilesUnseen: onlyMariadb,
} as const satisfies Readonly<Record<string, OfEach<unknown>>>;

/** How the vendor's client reads a script, where the two differ: tried on the clients of MariaDB 10.11 and MySQL 9.7. */
const clientTraits = {
  /** `--x` where a statement would begin is a comment, for the sake of the vendor's own test scripts. */
  dashesComment: onlyMariadb,
  /** `$$ … $$` is a string: the bodies of routines in other languages. */
  dollarQuotes: onlyMysql,
  /** `/*+ … *\/` is a hint for the server, and no comment. */
  hints: onlyMysql,
  /** `/*M! … *\/` is executed, and no comment. */
  ownVersionedComments: onlyMariadb,
  /** The first line of mariadb-dump's output, `/*M!999999\- …`, is obeyed; another client stops at the `\-` in it. */
  sandboxLine: onlyMariadb,
  /** A backslash escapes in names as well, also with ANSI_QUOTES, which this client does not look at. */
  escapesInNames: onlyMysql,
};

type ClientTrait = keyof typeof clientTraits;

/** What a client does; without a flavour what all of them do, and undefined where they differ. */
export function clientDoes(flavour: Flavour, what: ClientTrait): boolean;
export function clientDoes(flavour: Flavour | undefined, what: ClientTrait): boolean | undefined;
export function clientDoes(flavour: Flavour | undefined, what: ClientTrait): boolean | undefined {
  const does = clientTraits[what];
  if (flavour !== undefined) return does[flavour];
  const [first, ...others] = flavours.map((each) => does[each]);
  return others.every((other) => other === first) ? first : undefined;
}
