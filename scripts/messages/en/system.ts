import { oneLine } from '../../core/format.ts';
import type { ErrorTexts, NoteTexts, StepTexts } from '../texts.ts';

/** What the machine itself can refuse: programs, files, space. */
export const system = {
  errors: {
    'program-failed': (facts) => ({
      message: `${facts.program} failed (${facts.exit})${facts.output === '' ? '.' : `: ${facts.output}`}`,
      hint: 'Its own words above say why.',
    }),
    'ssh-keygen-missing': () => ({
      message: 'ssh-keygen is not on PATH, and receipts are signed and checked by it (OpenSSH 8.2 or later).',
      hint: 'Install the OpenSSH client: apt install openssh-client.',
    }),
    'proc-missing': () => ({
      message: 'The file system /proc is not mounted, and maj reaches files through it.',
      hint: 'Mount it: mount -t proc proc /proc. Containers and chroots need one of their own.',
    }),
    'file-failed': (facts) => ({
      message: `${oneLine(facts.path)} cannot be ${facts.action}: ${oneLine(facts.reason)}.`,
      hint: 'Check that it is there, that its owner runs maj, and that its disk is neither full nor read-only.',
    }),
    'disk-full': (facts) => ({
      message: `Not enough space for ${facts.path}: ${facts.needed} needed, ${facts.free} free.`,
      hint: 'Free some space, or point BACKUP_DIR or TMPDIR at a larger disk.',
    }),
  } satisfies Partial<ErrorTexts>,
  steps: {} satisfies Partial<StepTexts>,
  notes: {} satisfies Partial<NoteTexts>,
};
