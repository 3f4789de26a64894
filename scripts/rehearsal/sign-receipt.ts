import { resolve } from 'node:path';
import { requireSettings } from '../config/required-settings.ts';
import { warn, type Context } from '../core/context.ts';
import { reasonOf, refused } from '../core/errors.ts';
import { readIfThere, writeDurably } from '../system/files.ts';
import { checkSignature, requireSshKeygen, signBytes } from '../system/process/ssh-keygen.ts';
import { receiptPath, writeReceipt, type Receipt } from './receipt.ts';

/** What signatures of receipts are for: one that was made for anything else is none. */
export const receiptNamespace = 'maj-receipt';

type SignContext = Pick<Context, 'config' | 'env' | 'projectDir'>;

/**
 * Tries the key of GATE_SIGNING_KEY, where it is set: told before the minutes that a rehearsal takes.
 *
 * @throws MajError `ssh-keygen-missing`; `signing-key` for one that cannot sign; `signing-key-foreign` for one that is not
 *   in GATE_ALLOWED_SIGNERS
 */
export async function checkSigningKey(context: SignContext): Promise<void> {
  const { GATE_SIGNING_KEY: setting, GATE_ALLOWED_SIGNERS: file } = context.config;
  if (setting === undefined) return;
  await requireSshKeygen(context);
  const bytes = 'maj tries whether this key can sign';
  const signature = await sign(context, resolve(context.projectDir, setting), bytes);
  if (file === undefined) return;
  const path = resolve(context.projectDir, file);
  const allowed = (await readIfThere(path)) ?? '';
  const state = await checkSignature(context, { namespace: receiptNamespace, allowed }, { bytes, signature });
  if (state.kind === 'good') return;
  const facts = state.kind === 'foreign' ? { key: state.key, why: state.why } : { key: '', why: '' };
  throw refused('signing-key-foreign', { ...facts, path: setting, file: path });
}

async function sign(context: SignContext, key: string, bytes: string): Promise<string> {
  const signed = await signBytes(context, { key, namespace: receiptNamespace }, bytes);
  if ('why' in signed) throw refused('signing-key', { path: key, why: signed.why });
  return signed.signature;
}

/**
 * Keeps a receipt, and beside it its signature where a key is set. That it cannot be signed any more, such as by an agent that
 * has gone meanwhile, is told: here the receipt counts all the same, and publishing it signs it again.
 */
export async function keepReceipt(
  context: SignContext & Pick<Context, 'report'>,
  draft: Omit<Receipt, 'number'>,
): Promise<Receipt> {
  const receipt = await writeReceipt(context, draft);
  if (context.config.GATE_SIGNING_KEY === undefined) return receipt;
  try {
    await signReceipt(context, receipt.id);
  } catch (error) {
    warn(context, 'receipt-not-signed', { id: receipt.id, reason: reasonOf(error) });
  }
  return receipt;
}

/** A receipt as it is kept, and its signature. */
export interface SignedReceipt {
  readonly text: string;
  readonly signature: string;
}

/**
 * Signs a receipt that is kept in `.maj/receipts/`; one that is signed already stays as it is.
 *
 * @throws MajError `settings-missing`, `receipt-not-found`, `signing-key`
 */
export async function signReceipt(context: SignContext, id: string): Promise<SignedReceipt> {
  const path = receiptPath(context, id);
  const text = await readIfThere(path);
  if (text === undefined) throw refused('receipt-not-found', { id });
  const there = await readIfThere(`${path}.sig`);
  if (there !== undefined) return { text, signature: there };
  const { GATE_SIGNING_KEY: key } = requireSettings(context.config, ['GATE_SIGNING_KEY']);
  const signature = await sign(context, resolve(context.projectDir, key), text);
  await writeDurably(`${path}.sig`, signature);
  return { text, signature };
}
