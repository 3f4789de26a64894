import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { takeBackup } from '../../../../scripts/backup/take.ts';
import { withSession } from '../../../../scripts/database/session/session.ts';
import { proveBackup } from '../../../../scripts/restore/prove.ts';
import { likenessFor } from '../../../../scripts/server/server-options.ts';
import { startThrowaway, type Throwaway } from '../../../../scripts/server/throwaway.ts';
import { testContext } from '../../../helpers/context.ts';
import { servers, useServer } from '../../../helpers/servers.ts';
import { runAll } from '../everything.ts';
import { damage } from './damage.ts';
import { askWitnesses, contradictions } from './oracle.ts';
import { findClients } from '../../../helpers/vendor-clients.ts';
import { restoreDatabase } from '../../../helpers/restore-database.ts';

describe.each(servers)('on $name, which keeps the names of tables in lower case', (server) => {
  const likeness = { lowerCaseTableNames: 1 } as const;
  const running = useServer(server, likeness);
  let throwaway: Throwaway;
  beforeAll(async () => {
    throwaway = await startThrowaway(testContext(), server.programs, likeness);
  });
  afterAll(() => throwaway.close());

  test('texts that name tables in any case work in the copy, and after a restore', async () => {
    const database = await running().createDatabase();
    const context = running().context({ DB_NAME: database });
    const target = running().target(database);
    await runAll(running(), database, [
      'CREATE TABLE Users (Id INT PRIMARY KEY, ManagerId INT, CONSTRAINT Boss FOREIGN KEY (ManagerId) REFERENCES USERS (Id))',
      'CREATE TABLE `Äpfel Und` (id INT PRIMARY KEY)',
      'INSERT INTO USERS VALUES (1, NULL), (2, 1)',
      'CREATE VIEW BigView AS SELECT uSeRs.Id FROM uSeRs',
      'CREATE TRIGGER BeforeUser BEFORE INSERT ON USERS FOR EACH ROW SET @last = (SELECT MAX(Id) FROM UsErS)',
      'CREATE FUNCTION CountUsers() RETURNS INT READS SQL DATA RETURN (SELECT COUNT(*) FROM uSERS)',
    ]);
    const clients = await findClients(context, server.flavour);
    const witnesses = () => askWitnesses(running(), { clients, socket: running().socket }, database);
    const before = await witnesses();
    const backup = await takeBackup(context);
    expect(likenessFor(backup.manifest.database)).toEqual(likeness);

    await proveBackup(context, backup, throwaway);
    const counted = await withSession(context, throwaway.target(database), (session) =>
      session.rows('SELECT CountUsers() AS n FROM BIGVIEW LIMIT 1'),
    );
    expect(Number(counted[0]?.['n'])).toBe(2);

    await damage(await running().adminSession(), database);
    await restoreDatabase(context, backup, target);
    expect(contradictions(before, await witnesses())).toEqual([]);
  });
});
