import { MajError } from '../../scripts/core/errors.ts';

/** The error of ours that a piece of work ends with; fails when it succeeds, or ends with another one. */
export async function failureOf(work: Promise<unknown>): Promise<MajError> {
  const failure: unknown = await work.then(
    () => new Error('It did not fail.'),
    (error: unknown) => error,
  );
  if (!(failure instanceof MajError)) throw failure;
  return failure;
}
