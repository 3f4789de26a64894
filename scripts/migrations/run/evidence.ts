import * as v from 'valibot';

/**
 * What the dry run saw of a statement that commits by itself: after a crash on the live database it tells whether that
 * statement was applied there.
 */
export const statementEvidenceSchema = v.object({
  version: v.string(),
  number: v.number(),
  /** Of the statement's text. */
  hash: v.string(),
  /** Fingerprints of the schema before it and after it. */
  before: v.string(),
  after: v.string(),
  /** Of the tables alone, after it; those of views and triggers hold who made them, which on the copy is root. */
  tablesAfter: v.optional(v.string()),
  /** Both, whoever made what there is. */
  unowned: v.optional(v.object({ before: v.string(), after: v.string() })),
});

/** See `statementEvidenceSchema`. */
export type StatementEvidence = Readonly<v.InferOutput<typeof statementEvidenceSchema>>;

/** What else the dry run measured of a statement. */
export interface Measured {
  readonly version: string;
  readonly number: number;
  readonly line: number;
  /** Of an ALTER TABLE: what the server needed for it. */
  readonly algorithm: 'INSTANT' | 'INPLACE' | 'COPY' | undefined;
  /** The first of its warnings. */
  readonly messages: readonly string[];
  /** The numbers of all of them, once each, but for mere notes (`IF NOT EXISTS` of what exists). */
  readonly warned: readonly number[];
}
