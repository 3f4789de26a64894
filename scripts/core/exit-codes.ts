/** What `maj` exits with: an API, described in the README and held by tests. */
export const exitCodes = {
  done: 0,
  unexpected: 1,
  usage: 2,
  refused: 3,
  unsound: 4,
  locked: 5,
  unfinished: 6,
  rolledBack: 10,
  notRolledBack: 11,
  interrupted: 130,
} as const;

/** One of the documented exit codes. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
