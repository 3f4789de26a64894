import * as v from 'valibot';
import type { SignedBy } from './signature.ts';

/** Which versions may be installed beside newer ones. */
export interface Allowance {
  /** The one that is installed already. */
  readonly reinstall?: boolean;
  /** An older one, if no migration stands between. */
  readonly downgrade?: boolean;
}

/** A package that was found, not yet looked into. */
export interface FoundPackage {
  readonly path: string;
  /** The version that was asked for; undefined when a file was named. */
  readonly version: string | undefined;
  /** The commit that it was made of; undefined where it was made elsewhere. */
  readonly commit?: string;
  readonly allow?: Allowance;
}

/** A package whose sum is right. */
export interface VerifiedPackage {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** The file that the sum came from. */
  readonly sumFile: string;
  /** Who signed it; null where UPDATE_PUBLIC_KEY asks for no signature. */
  readonly signedBy: SignedBy | null;
}

/** What a release consists of, path by path, relative to its tree. */
export const releaseEntrySchema = v.variant('type', [
  v.object({
    type: v.literal('file'),
    path: v.string(),
    bytes: v.number(),
    sha256: v.string(),
    /** As it was unpacked or made. Older lists do not tell. */
    mode: v.optional(v.number()),
  }),
  v.object({ type: v.literal('link'), path: v.string(), target: v.string() }),
  v.object({ type: v.literal('folder'), path: v.string() }),
]);
export type ReleaseEntry = v.InferOutput<typeof releaseEntrySchema>;
