import type { Session } from '../../database/session/session.ts';

/** Tells a server whether the tables that are made from now on get files of their own. */
export type PlaceTables = (session: Session, inOwnFiles: boolean) => Promise<void>;

/**
 * In a copy on MariaDB small tables share one file of InnoDB's: to make one for each takes the server four flushes, whatever it
 * is told of durability, and more time than all else about an empty table. No dump or statement shows it, and a table
 * that is made anew gets its own. MySQL (9.7) writes `TABLESPACE` into a definition that is altered afterwards.
 *
 * @param isCopy whether the server is a throwaway one, where that may be set for all
 */
export function placeTables(isCopy: boolean): PlaceTables {
  let current = true;
  return async (session, inOwnFiles) => {
    if (!isCopy || session.server.flavour !== 'mariadb' || inOwnFiles === current) return;
    await session.run(`SET GLOBAL innodb_file_per_table = ${inOwnFiles ? 'ON' : 'OFF'}`);
    current = inOwnFiles;
  };
}

const plainTail =
  /\n\) ENGINE=InnoDB(?: (?:AUTO_INCREMENT=\d+|DEFAULT CHARSET=\w+|COLLATE=\w+|COMMENT='(?:[^'\\]|\\.|'')*'))*$/;

/** Whether a CREATE TABLE asks for nothing that takes a file of its own: compression, encryption, a folder, partitions. */
export const mayShareFile = (create: string): boolean => plainTail.test(create);
