import { isIPv4 } from 'node:net';

/** Whether a host name of a URL is this machine itself: what is sent there passes no network. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || (isIPv4(host) && host.startsWith('127.'));
