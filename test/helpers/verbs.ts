import type { VerbArguments } from '../../scripts/cli/verb.ts';

/** What a verb is called with in the test's own process: without standard input, and with every question answered by yes. */
export const verbArguments = (
  positionals: readonly string[] = [],
  options: VerbArguments['options'] = {},
  confirm: VerbArguments['confirm'] = () => Promise.resolve(),
): VerbArguments => ({
  positionals,
  options,
  settings: {},
  yes: true,
  confirm,
  readStdin: () => Promise.resolve(undefined),
  isWatched: false,
});
