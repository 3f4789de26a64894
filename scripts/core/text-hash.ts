import { createHash } from 'node:crypto';

/** SHA-256 of a text in UTF-8, in hexadecimal. */
export const sha256OfText = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Strict, unlike Buffer's own, which passes over what is no base64; undefined then. */
export function fromBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
