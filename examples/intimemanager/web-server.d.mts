/** Serves the application in a folder, on a port of 127.0.0.1 (0: any free one) or a Unix socket. */
export declare function startWebServer(
  folder: string,
  where: string | number,
): Promise<{ readonly url: string; readonly close: () => Promise<void> }>;
