import * as v from 'valibot';
import { flavours } from '../sql/flavour.ts';
import { openSealed } from './manifest.ts';

const proof = v.strictObject({
  format: v.literal(1),
  backupId: v.string(),
  /** Of the `manifest.json` that was proven: a proof holds for these very bytes. */
  manifestSha256: v.string(),
  server: v.strictObject({
    flavour: v.picklist(flavours),
    version: v.string(),
    text: v.string(),
  }),
  /** Whether the throwaway server had the version of the one that the backup was taken from. */
  sameVersionAsSource: v.boolean(),
  /** How many parts were equal: all of them. */
  equalParts: v.number(),
  /** How many of these were equal only in their canonical form. */
  canonicalParts: v.number(),
  /** The proof of another backup that this one rests on, for the rows of tables that are the very bytes of that. */
  restsOn: v.optional(v.strictObject({ backup: v.string(), parts: v.number() })),
  /** Milliseconds. */
  durations: v.strictObject({ load: v.number(), dump: v.number() }),
  provenAt: v.pipe(v.string(), v.isoTimestamp()),
});

/** The record that a backup was restored into a throwaway server and dumped again to the same parts. */
export type Proof = v.InferOutput<typeof proof>;

/** The name of the file in the backup's folder. */
export const proofName = 'proof.json';

/** Reads a `proof.json`; undefined when it is not one, or not as it was written. */
export const parseProof = (content: string): Proof | undefined => openSealed(proof, content);
