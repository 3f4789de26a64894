import type { Context } from '../../scripts/core/context.ts';

/** What a visitor sees: the page's status, and the version that it names. */
export interface PageView {
  readonly status: number | 'no answer';
  readonly version: string | undefined;
}

/** Looks at the application's page. */
export async function lookAt(url: string): Promise<PageView> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
    const text = await response.text();
    return { status: response.status, version: /IntimeManager\D{0,20}(\d+\.\d+\.\d+)/.exec(text)?.[1] };
  } catch {
    return { status: 'no answer', version: undefined };
  }
}

const pauseMs = 400;

/** Looks at the page again and again while something happens; what was seen, in order, without repetitions. */
export async function watchWhile<T>(
  context: Context,
  url: string,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly seen: readonly PageView[] }> {
  const seen: PageView[] = [];
  const look = async (): Promise<void> => {
    const view = await lookAt(url);
    const last = seen.at(-1);
    if (view.status !== last?.status || view.version !== last.version) seen.push(view);
  };
  const over = new AbortController();
  const watching = (async () => {
    while (!over.signal.aborted) {
      await look();
      await context.clock.sleep(pauseMs, over.signal);
    }
  })();
  try {
    const result = await work();
    over.abort();
    await watching;
    await look();
    return { result, seen };
  } finally {
    over.abort();
    await watching;
  }
}
