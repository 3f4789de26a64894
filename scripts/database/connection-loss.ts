import type { EventEmitter } from 'node:events';

type Settle<T> = (resolve: (value: T) => void, reject: (error: unknown) => void) => void;

/**
 * mysql2 tells the loss of a connection to the connection where a statement has no callback, and to nobody when we
 * cut it ourselves: whatever waits must be told, or waits for ever.
 */
export function lossOf(connection: Pick<EventEmitter, 'on'>): {
  orResult: <T>(settle: Settle<T>) => Promise<T>;
  now: () => void;
} {
  const waiting = new Set<(error: unknown) => void>();
  const tell = (error: unknown): void => waiting.forEach((reject) => reject(error));
  connection.on('error', tell);
  return {
    orResult: (settle) =>
      new Promise((resolve, reject) => {
        const done = (): boolean => waiting.delete(fail);
        const fail = (error: unknown): void => {
          done();
          reject(error instanceof Error ? error : new Error(String(error)));
        };
        waiting.add(fail);
        settle((value) => {
          done();
          resolve(value);
        }, fail);
      }),
    now: () => tell(Object.assign(new Error('The connection was cut.'), { fatal: true })),
  };
}
