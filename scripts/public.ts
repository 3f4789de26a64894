/** What other programs may import: the exit codes, and the types of `maj.config.json` and of the lines that `--json` prints. */
export type { JsonError, JsonEvent, JsonLine, JsonResult } from './cli/json-lines.ts';
export type { MajConfig } from './config/shared-settings.ts';
export { exitCodes, type ExitCode } from './core/exit-codes.ts';
