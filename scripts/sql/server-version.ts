import { traits, type Flavour } from './flavour.ts';

/** What a server or a program says it is. */
export interface ServerVersion {
  readonly flavour: Flavour;
  /** The dotted number alone: `10.11.6`, `8.4.3`. */
  readonly version: string;
  /** For people: `MariaDB 10.11.6`, `Percona Server 8.0.36`. */
  readonly text: string;
}

/** What a server answers to `SELECT VERSION(), @@version_comment`. */
interface Greeting {
  /** Such as `10.11.6-MariaDB-0+deb12u1` or `8.4.3`. */
  readonly version: string;
  /** Such as `Debian 12` or `MySQL Community Server - GPL`. */
  readonly comment: string;
  /** Of Amazon Aurora, the variable `aurora_version`: VERSION() and the comment are those of the MySQL that it is made from. */
  readonly aurora?: string | undefined;
}

/** What speaks MySQL's protocol, but is no server of a flavour that we know: by what it says of itself. */
const strangers = {
  /** `5.7.25-TiDB-v6.2.0`, `TiDB Server (Apache License 2.0) Community Edition, MySQL 8.0 compatible`. */
  TiDB: /\btidb\b/i,
  /** `8.0.30-Vitess`, `5.7.9-vitess-10.0.0`, `8.0.23-PlanetScale`; go/vt/servenv/mysql.go. */
  Vitess: /vitess|planetscale/i,
  /** `5.7.32` and `SingleStoreDB source distribution (compatible; MySQL Enterprise & MySQL Commercial)`; `MemSQL …` up to 7.3. */
  SingleStore: /singlestore|memsql/i,
  /** `5.7.25-OceanBase-v4.2.1.0`, `OceanBase_CE 4.3.5.1 (r…) (Built …)`. */
  OceanBase: /oceanbase/i,
  /** `5.1.0` and `StarRocks version 2.1.2`. */
  StarRocks: /starrocks/i,
  /** `5.7.99` and `Doris version doris-2.0.3`. */
  'Apache Doris': /\bdoris\b/i,
} as const;

/** A product that is refused by its name. */
export type Stranger = keyof typeof strangers | 'Amazon Aurora';

/** Servers that are of a flavour, and have a name of their own: by their comment, which their programs say as well. */
const descendants: Readonly<Record<string, readonly [of: Flavour, says: RegExp]>> = {
  'Percona XtraDB Cluster': ['mysql', /percona xtradb cluster/i],
  'Percona Server': ['mysql', /percona server/i],
};

/** What was made of a greeting: a server of a flavour, or a stranger. */
type Recognized = ServerVersion | { readonly stranger: Stranger; readonly version: string };

/**
 * What tells Aurora, which says of itself that it is MySQL, from that (its guide, "Checking Aurora MySQL versions using SQL"; its
 * drivers ask the same).
 */
export const askAurora = "SHOW GLOBAL VARIABLES WHERE Variable_name = 'aurora_version'";

/** Whether what says that it is MySQL has still to be asked for Aurora. */
export const mayBeAurora = (server: Recognized): boolean => 'flavour' in server && server.flavour === 'mysql';

/** What a server is: one of a flavour, or a stranger. Pure. */
export function recognizeServer({ version, comment, aurora }: Greeting): Recognized {
  const words = `${version} ${comment}`;
  if (aurora !== undefined) return { stranger: 'Amazon Aurora', version: aurora };
  for (const [stranger, says] of Object.entries(strangers))
    if (says.test(words)) return { stranger: stranger as keyof typeof strangers, version };
  // `5.5.5-` before it is what MariaDB up to 10.x shows to clients that know nothing of two-digit versions.
  const number = /\d+\.\d+(\.\d+)?/.exec(version.replace(/^5\.5\.5-(?=\d)/, ''))?.[0] ?? '0';
  return named(/mariadb/i.test(words) ? 'mariadb' : 'mysql', number, comment);
}

/**
 * Reads what a program answers to `--version`; undefined when it is none of a server's programs. The name of the
 * program says nothing: on Debian `mysqldump` and `mysqld` are MariaDB's.
 */
export function parseProgramVersion(text: string): ServerVersion | undefined {
  const mariadb = /(\d+\.\d+\.\d+)-MariaDB/i.exec(text)?.[1];
  if (mariadb !== undefined) return named('mariadb', mariadb, text);
  if (!/mysql/i.test(text)) return undefined;
  // MySQL 5.7's clients count their own versions: `Ver 10.13 Distrib 5.7.44`.
  const mysql = /Distrib (\d+\.\d+\.\d+)/.exec(text)?.[1] ?? /Ver (\d+\.\d+\.\d+)/.exec(text)?.[1];
  return mysql === undefined ? undefined : named('mysql', mysql, text);
}

/** The first two numbers of a version: `8.4.3` is the series 8.4. */
export function seriesOf(version: string): readonly [number, number] {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return [major, minor];
}

/** Whether a version is of an older series than another. */
export function isOlderSeries(version: string, than: string): boolean {
  const [[major, minor], [thanMajor, thanMinor]] = [seriesOf(version), seriesOf(than)];
  return major < thanMajor || (major === thanMajor && minor < thanMinor);
}

function named(flavour: Flavour, version: string, words: string): ServerVersion {
  const own = Object.entries(descendants).find(([, [of, says]]) => of === flavour && says.test(words))?.[0];
  return { flavour, version, text: `${own ?? traits.name[flavour]} ${version}` };
}
