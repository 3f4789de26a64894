import type { VerbArguments, VerbResult } from './cli/verb.ts';
import type { Context } from './core/context.ts';
import { wrongUsage } from './core/errors.ts';
import { targetFromConfig } from './database/session/target.ts';
import type { MigrateOption } from './migrate-pending.ts';
import { acceptText, isTextTaken, planAcceptance } from './migrations/accepted.ts';
import { readPlan } from './migrations/read-plan.ts';
import { fileOfRecord } from './migrations/script-names.ts';
import { ownIdentity, ownUserName } from './system/process/identity.ts';
import { refuseUnfinished } from './upgrade/recovery/unfinished.ts';

type Arguments = Pick<VerbArguments<MigrateOption>, 'confirm' | 'options'>;

/**
 * The reason that the user gave for what the ledger is to keep.
 *
 * @throws MajError `bad-usage` without one
 */
export function givenReason({ because }: Arguments['options'], action: string): string {
  if (typeof because !== 'string' || because.trim() === '')
    throw wrongUsage('bad-usage', { verb: 'migrate', reason: `${action} needs --because TEXT` });
  return because.trim();
}

/** Takes the edited text of a script that has run for as good as the one that has, once the user has agreed. */
export async function accept(context: Context, args: Arguments, version: string): Promise<VerbResult> {
  await refuseUnfinished(context);
  const because = givenReason(args.options, 'accept');
  const wish = { version, checksum: givenChecksum(args.options) };
  const { migrations, plan } = await readPlan(context, { refuseLocked: true, use: 'read' });
  const { row, checksum, file = fileOfRecord(row) } = planAcceptance(plan.ledger, migrations, wish);
  const facts = { file, applied: row.checksum, accepted: checksum };
  const data = { version: row.version, ...facts };
  if (isTextTaken(row, checksum))
    return { data, text: ({ results }) => [results.migrations.nothingToAccept({ file })] };
  await args.confirm(({ results }) => results.migrations.acceptQuestion(facts));
  const by = `${ownUserName()} on ${ownIdentity().host}`;
  await acceptText(context, targetFromConfig(context), migrations, wish, { by, because });
  return { data, text: ({ results }) => [results.migrations.accepted({ file })] };
}

function givenChecksum({ sha256 }: Arguments['options']): string | undefined {
  if (sha256 === undefined) return undefined;
  const checksum = String(sha256).toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(checksum))
    throw wrongUsage('bad-usage', { verb: 'migrate', reason: '--sha256 takes 64 hexadecimal digits' });
  return checksum;
}
