import { MajError, reasonOf, refused } from '../../errors.ts';
import { sqlErrorOf } from '../../database/session.ts';
import type { ManifestPart } from '../manifest.ts';
import type { PartSource } from '../part-text.ts';
import { lineAt, type PartStatement } from './part-statements.ts';

/** The error of a statement that the server did not take: which part, which line of it, of what, and why. */
export async function statementFailed(
  error: unknown,
  source: PartSource,
  part: ManifestPart,
  statement: PartStatement,
): Promise<unknown> {
  if (error instanceof MajError) return error;
  const line = statement.line ?? (await lineAt(source, part, statement.offset));
  const reason = sqlErrorOf(error)?.message ?? reasonOf(error);
  const facts = { part: part.name, line, object: part.object, reason };
  return refused('statement-failed', facts, { cause: error });
}
