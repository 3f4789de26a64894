/** The two families of servers that speak the protocol, and that differ in everything else. */
export type Flavour = 'mariadb' | 'mysql';

/** What a server or a program says it is. */
export interface ServerVersion {
  readonly flavour: Flavour;
  /** The dotted number alone: `10.11.6`, `8.4.3`. */
  readonly version: string;
  /** For people: `MariaDB 10.11.6`. */
  readonly text: string;
}

const flavourNames: Readonly<Record<Flavour, string>> = { mariadb: 'MariaDB', mysql: 'MySQL' };

/**
 * Reads what a server answers to `SELECT VERSION(), @@version_comment`.
 *
 * @param version such as `10.11.6-MariaDB-0+deb12u1` or `8.4.3`; `5.5.5-` before it is what MariaDB up to 10.x shows
 *   to clients that know nothing of two-digit versions
 * @param comment such as `Debian 12` or `MySQL Community Server - GPL`
 */
export function parseServerVersion(version: string, comment: string): ServerVersion {
  const flavour = /mariadb/i.test(version) || /mariadb/i.test(comment) ? 'mariadb' : 'mysql';
  return named(flavour, /\d+\.\d+(\.\d+)?/.exec(version.replace(/^5\.5\.5-(?=\d)/, ''))?.[0] ?? '0');
}

/**
 * Reads what a program answers to `--version`; undefined when it is none of a server's programs. The name of the
 * program says nothing: on Debian `mysqldump` and `mysqld` are MariaDB's.
 */
export function parseProgramVersion(text: string): ServerVersion | undefined {
  const mariadb = /(\d+\.\d+\.\d+)-MariaDB/i.exec(text)?.[1];
  if (mariadb !== undefined) return named('mariadb', mariadb);
  if (!/mysql/i.test(text)) return undefined;
  // MySQL 5.7's clients count their own versions: `Ver 10.13 Distrib 5.7.44`.
  const mysql = /Distrib (\d+\.\d+\.\d+)/.exec(text)?.[1] ?? /Ver (\d+\.\d+\.\d+)/.exec(text)?.[1];
  return mysql === undefined ? undefined : named('mysql', mysql);
}

/** The first two numbers of a version: `8.4.3` is the series 8.4. */
export function seriesOf(version: string): readonly [number, number] {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return [major, minor];
}

function named(flavour: Flavour, version: string): ServerVersion {
  return { flavour, version, text: `${flavourNames[flavour]} ${version}` };
}
