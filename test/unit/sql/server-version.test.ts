import { describe, expect, it } from 'vitest';
import {
  isOlderSeries,
  parseProgramVersion,
  recognizeServer,
  seriesOf,
} from '../../../scripts/sql/server-version.ts';

describe('a server', () => {
  it.each([
    ['10.11.6-MariaDB-0+deb12u1', 'Debian 12', 'mariadb', 'MariaDB 10.11.6'],
    ['5.5.5-10.3.39-MariaDB', '', 'mariadb', 'MariaDB 10.3.39'],
    ['11.4.2', 'mariadb.org binary distribution', 'mariadb', 'MariaDB 11.4.2'],
    ['8.4.3', 'MySQL Community Server - GPL', 'mysql', 'MySQL 8.4.3'],
    ['9.7.4-2', '(Debian)', 'mysql', 'MySQL 9.7.4'],
    ['5.7.44-log', 'Source distribution', 'mysql', 'MySQL 5.7.44'],
    ['8.0.31-google', '(Google)', 'mysql', 'MySQL 8.0.31'],
    ['8.0.36-28', 'Percona Server (GPL), Release 28', 'mysql', 'Percona Server 8.0.36'],
    ['5.7.29-32-log', 'Percona Server (GPL), Release 32, Revision 56bce88', 'mysql', 'Percona Server 5.7.29'],
    [
      '8.0.26-16.1',
      'Percona XtraDB Cluster (GPL), Release rel16, Revision b141904, WSREP version 26.4.3',
      'mysql',
      'Percona XtraDB Cluster 8.0.26',
    ],
  ])('%s with the comment “%s” is of %s: %s', (version, comment, flavour, text) => {
    expect(recognizeServer({ version, comment })).toMatchObject({ flavour, text });
  });

  it.each([
    [
      '5.7.25-TiDB-v4.0.10',
      'TiDB Server (Apache License 2.0) Community Edition, MySQL 5.7 compatible',
      'TiDB',
    ],
    // Both may be set to anything by its administrator: one is enough.
    ['8.0.11', 'TiDB Server (Apache License 2.0) Community Edition, MySQL 8.0 compatible', 'TiDB'],
    ['8.0.30-Vitess', 'MySQL Community Server (GPL)', 'Vitess'],
    ['8.0.23-PlanetScale', '', 'Vitess'],
    [
      '5.7.32',
      'SingleStoreDB source distribution (compatible; MySQL Enterprise & MySQL Commercial)',
      'SingleStore',
    ],
    ['5.5.58', 'MemSQL source distribution (compatible; MySQL Enterprise & MySQL Commercial)', 'SingleStore'],
    ['5.7.25-OceanBase_CE-v4.4.2.1', 'OceanBase_CE 4.4.2.1 (r1) (Built Dec  5 2023 14:34:01)', 'OceanBase'],
    ['5.1.0', 'StarRocks version 2.1.2', 'StarRocks'],
    ['5.7.99', 'Doris version doris-2.0.3-rc06', 'Apache Doris'],
  ])('%s with the comment “%s” is the stranger %s', (version, comment, stranger) => {
    expect(recognizeServer({ version, comment })).toEqual({ stranger, version });
  });

  it('is Aurora by its variable, whatever MySQL it says it is', () => {
    expect(recognizeServer({ version: '8.0.32', comment: 'Source distribution', aurora: '3.05.2' })).toEqual({
      stranger: 'Amazon Aurora',
      version: '3.05.2',
    });
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
    [
      'mysqld  Ver 5.7.26-29 for Linux on x86_64 (Percona Server (GPL), Release 29, Revision 11ad961)',
      'Percona Server 5.7.26',
    ],
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

  it.each([
    ['8.0.36', '8.4.3', true],
    ['8.4.3', '9.0.0', true],
    ['8.4.9', '8.4.3', false],
    ['8.4.1', '8.4.3', false],
    ['10.2.0', '9.9.9', false],
  ])('%s is older than %s: %s', (version, than, older) => {
    expect(isOlderSeries(version, than)).toBe(older);
  });
});
