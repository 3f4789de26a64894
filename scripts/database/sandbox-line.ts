/**
 * The first line of a dump by mariadb-dump since 10.5.25, 10.6.18, 10.11.8 and 11.0.6, in both of its spellings. It
 * forbids the client to touch files; MySQL's client and older ones of MariaDB's stop at it with a syntax error.
 */
const sandboxLine = /^\/\*M?!999999\\- enable the sandbox mode \*\/ ?\r?\n/;

/** No spelling of it is longer. */
const longest = 64;

/** Hands on a dump without that line, if it begins with it; all else is handed on as it comes. */
export async function* withoutSandboxLine(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of source) {
    if (head === undefined) {
      yield chunk;
      continue;
    }
    head = Buffer.concat([head, chunk]);
    if (head.length < longest) continue;
    yield withoutLine(head);
    head = undefined;
  }
  if (head !== undefined && head.length > 0) yield withoutLine(head);
}

function withoutLine(head: Buffer): Buffer {
  const line = sandboxLine.exec(head.toString('latin1', 0, longest))?.[0];
  return line === undefined ? head : head.subarray(line.length);
}
