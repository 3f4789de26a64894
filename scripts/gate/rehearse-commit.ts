import type { Backup } from '../backup/list.ts';
import { rehearse, type Rehearsal } from '../rehearsal/rehearse.ts';
import { withTemporaryFolder } from '../system/temporary.ts';
import { writeScripts } from './commit.ts';
import type { GateContext } from './check-commit.ts';

/**
 * Rehearses the migrations of a commit, whatever the working tree holds: those that the gate reads in it.
 *
 * @param where `records`: where the receipt is kept
 * @param given as in `rehearse`
 * @throws MajError what `writeScripts` and `rehearse` throw
 */
export const rehearseCommit = (
  { repository, records }: Pick<GateContext, 'repository' | 'records'>,
  commit: string,
  given?: Backup,
): Promise<Rehearsal> =>
  withTemporaryFolder('commit', async (folder) => {
    await writeScripts(repository, commit, folder);
    return rehearse(records, folder, given);
  });
