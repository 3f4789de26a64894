/** The families of servers that speak the protocol, and that differ in everything else. Their names are in manifests. */
export const flavours = ['mariadb', 'mysql'] as const;

export type Flavour = (typeof flavours)[number];

/** How the vendor's client reads a script, where the two differ: tried on the clients of MariaDB 10.11 and MySQL 9.7. */
interface ClientTraits {
  /** `--x` where a statement would begin is a comment, for the sake of the vendor's own test scripts. */
  readonly dashesComment: boolean;
  /** `$$ … $$` is a string: the bodies of routines in other languages. */
  readonly dollarQuotes: boolean;
  /** `/*+ … *\/` is a hint for the server, and no comment. */
  readonly hints: boolean;
  /** `/*M! … *\/` is executed, and no comment. */
  readonly ownVersionedComments: boolean;
  /** The first line of mariadb-dump's output, `/*M!999999\- …`, is obeyed; another client stops at the `\-` in it. */
  readonly sandboxLine: boolean;
  /** A backslash escapes in names as well, also with ANSI_QUOTES, which this client does not look at. */
  readonly escapesInNames: boolean;
}

/** What the servers of a flavour, and the vendor's programs for them, do in their own way. */
export interface FlavourTraits {
  readonly name: string;
  /** The names of the vendor's programs, the newest first: Debian's mysqldump is MariaDB's. */
  readonly programs: Readonly<Record<'dump' | 'client', readonly [string, ...string[]]>>;
  readonly client: ClientTraits;
  /** The client has `ssl-mode`, of MySQL 5.7.11 and later; MariaDB's has a switch for each thing. */
  readonly hasSslMode: boolean;
  /** The client fetches the key for `sha256_password` of whoever answers; MariaDB's does so by plugins, which it may be denied. */
  readonly fetchesServerKey: boolean;
  /** Each row of a dump is on a line of its own, so that no text can be taken for the end of a row. */
  readonly dumpsRowsOnLines: boolean;
  /** An INSERT of a dump without a list of columns has values for generated ones, too. */
  readonly dumpsGeneratedColumns: boolean;
  /** The dump program escapes the database's name as if it were a text, and then does not find it (10.11 and 11.8). */
  readonly dumpEscapesDatabaseName: boolean;
  /** A dump has the names of routines and triggers in the charset that they were written in, and not garbled. */
  readonly dumpsNamesAsWritten: boolean;
  /** How it marks a comment that only servers of this flavour execute, before the version. */
  readonly versionedComment: '!' | 'M!';
  /** A data folder is made by a script beside the server; MySQL's server makes its own (`--initialize`, 5.7 and later). */
  readonly hasInstallScript: boolean;
  /** The variables that tell one server from another, see `readServerIdentity`. */
  readonly identityVariables: readonly string[];
  /** SHOW GRANTS lists what the active role brings. */
  readonly showsGrantsOfRole: boolean;
  /** A role is no account with a host, and is made by CREATE ROLE: MySQL's roles have one, and are accounts. */
  readonly rolesHaveNoHost: boolean;
  /** To define something as an account that is not there takes a privilege of its own (MySQL, ALLOW_NONEXISTENT_DEFINER). */
  readonly absentDefinerNeedsGrant: boolean;
  /** The first version with libraries of JavaScript: https://dev.mysql.com/doc/refman/9.2/en/create-library.html */
  readonly librariesSince: string | undefined;
  /** JSON is a type of its own, whose numbers a dump may change; MariaDB's is text, and stays as it was written. */
  readonly hasJsonType: boolean;
  /**
   * The default of a column in information_schema is SQL, a constant in quotes or a number (MariaDB 10.2.7 and later); MySQL's is
   * the bare value, and EXTRA says where it is computed.
   */
  readonly defaultsAreSql: boolean;
  /** The name of a CHECK constraint is unique in its database, as that of a foreign key, and not in its table. */
  readonly checkNamesOfDatabase: boolean;
  /** A DROP of several tables drops all or none of them (MySQL 8.0, "Atomic Data Definition Statement Support"). */
  readonly dropsAllOrNone: boolean;
  /**
   * A writer that waits for LOCK TABLES … READ to end keeps out every reader that comes after it: MEMORY and Aria always, MyISAM
   * for UPDATE and DELETE (10.11 and 11.8).
   */
  readonly waitingWritersBlockReaders: boolean;
  /**
   * An empty table is filled by a bulk insert where the checks are off (MDEV-515), which locks the table, and which with LOAD DATA
   * is slower than without (10.11, 450 MB: 11.2 s against 6.8 s).
   */
  readonly bulkInsertsUnchecked: boolean;
  /**
   * A table may be in the file that all share, and nothing about it tells. MySQL (9.7) writes `TABLESPACE` into a definition
   * that is altered afterwards.
   */
  readonly sharesFilesUnseen: boolean;
}

/** The one table of what the flavours do. Whoever adds one is asked for the rest by the compiler. */
export const traitsOf: Readonly<Record<Flavour, FlavourTraits>> = {
  mariadb: {
    name: 'MariaDB',
    programs: { dump: ['mariadb-dump', 'mysqldump'], client: ['mariadb', 'mysql'] },
    client: {
      dashesComment: true,
      dollarQuotes: false,
      hints: false,
      ownVersionedComments: true,
      sandboxLine: true,
      escapesInNames: false,
    },
    hasSslMode: false,
    fetchesServerKey: false,
    dumpsRowsOnLines: true,
    dumpsGeneratedColumns: true,
    dumpEscapesDatabaseName: true,
    dumpsNamesAsWritten: true,
    versionedComment: 'M!',
    hasInstallScript: true,
    identityVariables: ['server_uid', 'hostname', 'port', 'datadir'],
    showsGrantsOfRole: true,
    rolesHaveNoHost: true,
    absentDefinerNeedsGrant: false,
    librariesSince: undefined,
    hasJsonType: false,
    defaultsAreSql: true,
    checkNamesOfDatabase: false,
    dropsAllOrNone: false,
    waitingWritersBlockReaders: true,
    bulkInsertsUnchecked: true,
    sharesFilesUnseen: true,
  },
  mysql: {
    name: 'MySQL',
    programs: { dump: ['mysqldump'], client: ['mysql'] },
    client: {
      dashesComment: false,
      dollarQuotes: true,
      hints: true,
      ownVersionedComments: false,
      sandboxLine: false,
      escapesInNames: true,
    },
    hasSslMode: true,
    fetchesServerKey: true,
    dumpsRowsOnLines: false,
    dumpsGeneratedColumns: false,
    dumpEscapesDatabaseName: false,
    dumpsNamesAsWritten: false,
    versionedComment: '!',
    hasInstallScript: false,
    identityVariables: ['server_uuid'],
    showsGrantsOfRole: false,
    rolesHaveNoHost: false,
    absentDefinerNeedsGrant: true,
    librariesSince: '9.2',
    hasJsonType: true,
    defaultsAreSql: false,
    checkNamesOfDatabase: true,
    dropsAllOrNone: true,
    waitingWritersBlockReaders: false,
    bulkInsertsUnchecked: false,
    sharesFilesUnseen: false,
  },
};

/** What a client does; without a flavour what all of them do, and undefined where they differ. */
export function clientDoes(flavour: Flavour | undefined, what: keyof ClientTraits): boolean | undefined {
  if (flavour !== undefined) return traitsOf[flavour].client[what];
  const [first, ...others] = flavours.map((each) => traitsOf[each].client[what]);
  return others.every((other) => other === first) ? first : undefined;
}
