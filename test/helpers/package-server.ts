import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll } from 'vitest';

/** What a path of the server answers with. */
interface Page {
  readonly content: string | Buffer;
  readonly etag?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A server on this machine that has files, and does to those who ask what servers and networks do. */
export interface PackageServer {
  readonly url: string;
  readonly pages: Map<string, Page>;
  /** What is done with the next requests for a path, one each, before it answers as it should. */
  readonly troubles: Map<string, Trouble[]>;
  /** Method, path, and the headers of every request so far. */
  readonly asked: { readonly path: string; readonly headers: IncomingMessage['headers'] }[];
  /** No notice of If-Range, or of Range. */
  obeys: 'all' | 'range' | 'nothing';
}

/** Cut the connection after so many bytes of the content; answer with a status; send on; say nothing at all. */
type Trouble =
  | { readonly cutAfter: number }
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | 'silence';

/** A server for the tests of this file; it ends after them. */
export async function startPackageServer(): Promise<PackageServer> {
  const state: PackageServer = { url: '', pages: new Map(), troubles: new Map(), asked: [], obeys: 'all' };
  const server: Server = createServer((request, response) => answer(state, request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return Object.assign(state, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

function answer(state: PackageServer, request: IncomingMessage, response: ServerResponse): void {
  const path = request.url ?? '';
  state.asked.push({ path, headers: request.headers });
  const trouble = state.troubles.get(path)?.shift();
  if (trouble === 'silence') return;
  if (trouble !== undefined && 'status' in trouble) {
    response.writeHead(trouble.status, trouble.headers).end();
    return;
  }
  const page = state.pages.get(path);
  if (page === undefined) {
    response.writeHead(404).end('not found');
    return;
  }
  const whole = Buffer.from(page.content);
  const asked = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1]);
  const same = state.obeys === 'range' || request.headers['if-range'] === page.etag;
  const from = state.obeys !== 'nothing' && same && asked >= 0 ? asked : undefined;
  const headers = { ...(page.etag === undefined ? {} : { etag: page.etag }), ...page.headers };
  if (from !== undefined && from >= whole.length) {
    response.writeHead(416, { ...headers, 'content-range': `bytes */${whole.length}` }).end();
    return;
  }
  const content = whole.subarray(from ?? 0);
  response.writeHead(from === undefined ? 200 : 206, {
    ...headers,
    'content-length': content.length,
    ...(from === undefined ? {} : { 'content-range': `bytes ${from}-${whole.length - 1}/${whole.length}` }),
  });
  if (trouble === undefined) response.end(content);
  else response.write(content.subarray(0, trouble.cutAfter), () => response.destroy());
}
