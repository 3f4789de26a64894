/** Something that is wrong with a backup, by the file that it is wrong with. */
export interface Problem {
  readonly file: string;
  /** A name that the catalogue has a sentence for. */
  readonly what: ProblemKind;
  /** What it is about, where the file alone does not tell: an object, a path, a reason. */
  readonly about?: string;
}

/** What can be wrong with a file of a backup. */
type ProblemKind =
  | 'missing'
  | 'extra'
  | 'damaged'
  | 'truncated'
  | 'content'
  | 'no-trailer'
  | 'dump'
  | 'object-missing'
  | 'entry'
  | 'proof';
