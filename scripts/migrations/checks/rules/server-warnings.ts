import { foundAt, rule } from '../rule.ts';

/** What the server itself warned of where the script was tried: nobody knows that without a dry run. */
export const serverWarnings = rule({ 'server-warning': 'warning' }, ({ warnings }) =>
  warnings === undefined
    ? undefined
    : {
        *read({ statement }) {
          const warned = warnings.get(statement.number) ?? [];
          if (warned.length > 0) yield foundAt('server-warning', undefined, { detail: warned.join(', ') });
        },
      },
);
