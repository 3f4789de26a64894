/**
 * Every third of some cases, from one place on; all of them with FAULTS=all (`make test-faults`): each is a run of the
 * command, and there is a time that all tests together may take.
 *
 * @param from where to begin: another place for each server, so that each sees others
 */
export const sampleOf = <T>(cases: readonly T[], from: number): readonly T[] =>
  process.env['FAULTS'] === 'all' ? cases : cases.filter((_, index) => index % every === from % every);

const every = 3;
