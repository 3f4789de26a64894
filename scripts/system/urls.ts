import { isIPv4 } from 'node:net';

/** An address as it is shown and kept: without its query, in which some servers take a token. Other texts stay as they are. */
export const shownUrl = (text: string): string => (text.includes('://') ? withoutQuery(text) : text);

/** An address, or the path of one, without its query. */
export const withoutQuery = (address: string): string => address.replace(/[?#].*$/s, '');

/** What a program said, with every address in it is shown. */
export const withShownUrls = (output: string): string =>
  output.replaceAll(/[a-z][a-z0-9+.-]*:\/\/[^\s'"]+/gi, shownUrl);

/** Whether a host name of a URL is this machine itself: what is sent there passes no network. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || (isIPv4(host) && host.startsWith('127.'));
