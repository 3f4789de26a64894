import { describe, expect, it } from 'vitest';
import { parseProgramVersion, parseServerVersion, seriesOf } from '../../../scripts/sql/flavour.ts';

describe('the version of a server', () => {
  it.each([
    ['10.11.6-MariaDB-0+deb12u1', 'Debian 12', 'MariaDB 10.11.6'],
    ['5.5.5-10.3.39-MariaDB', '', 'MariaDB 10.3.39'],
    ['11.4.2', 'mariadb.org binary distribution', 'MariaDB 11.4.2'],
    ['8.4.3', 'MySQL Community Server - GPL', 'MySQL 8.4.3'],
    ['9.7.4-2', '(Debian)', 'MySQL 9.7.4'],
    ['8.0.36-28', 'Percona Server (GPL), Release 28', 'MySQL 8.0.36'],
    ['5.7.44-log', 'Source distribution', 'MySQL 5.7.44'],
  ])('%s with the comment “%s” is %s', (version, comment, text) => {
    expect(parseServerVersion(version, comment).text).toBe(text);
  });
});

describe('the version of a program', () => {
  it.each([
    ['mariadbd  Ver 10.11.6-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)', 'MariaDB 10.11.6'],
    ['mysqld  Ver 10.11.6-MariaDB for Linux on x86_64', 'MariaDB 10.11.6'],
    ['mysqldump  Ver 10.19 Distrib 10.11.6-MariaDB, for debian-linux-gnu (x86_64)', 'MariaDB 10.11.6'],
    ['mariadb-dump from 11.4.2-MariaDB, client 10.19 for Linux (x86_64)', 'MariaDB 11.4.2'],
    ['/usr/sbin/mysqld  Ver 9.7.4-2 for Linux on x86_64 ((Debian))', 'MySQL 9.7.4'],
    ['mysqldump  Ver 8.0.36 for Linux on x86_64 (MySQL Community Server - GPL)', 'MySQL 8.0.36'],
    ['mysqldump  Ver 10.13 Distrib 5.7.44, for Linux (x86_64) (mysql)', 'MySQL 5.7.44'],
    ['cp (GNU coreutils) 9.1', undefined],
  ])('%s is %s', (output, text) => {
    expect(parseProgramVersion(output)?.text).toBe(text);
  });
});

describe('the series of a version', () => {
  it.each([
    ['8.4.3', [8, 4]],
    ['10.11.6', [10, 11]],
    ['9', [9, 0]],
  ])('of %s is %j', (version, series) => {
    expect(seriesOf(version)).toEqual(series);
  });
});
