import type { Rule } from '../rule.ts';
import { columnChanges } from './columns.ts';
import { dataLoss } from './data-loss.ts';
import { flavourSyntax } from './flavours.ts';
import { literals } from './literals.ts';
import { primaryKey } from './primary-key.ts';
import { reach } from './reach.ts';
import { serverWarnings } from './server-warnings.ts';
import { session } from './session.ts';
import { shape } from './shape.ts';
import { tableChanges } from './table-changes.ts';
import { transactions } from './transactions.ts';
import { withoutWhere } from './where.ts';

/** Every rule, each a file of this folder (a test holds that), in the order in which they look at a statement. */
const all = [
  dataLoss,
  withoutWhere,
  reach,
  columnChanges,
  tableChanges,
  literals,
  session,
  flavourSyntax,
  transactions,
  primaryKey,
  shape,
  serverWarnings,
] as const;

type CodeOf<R> = R extends { readonly findings: infer F } ? keyof F & string : never;

/** The findings of all rules. */
export type RuleCode = CodeOf<(typeof all)[number]>;

export const rules: readonly Rule<RuleCode>[] = all;
