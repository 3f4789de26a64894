/** Whether a host name of a URL is this machine itself: what is sent there passes no network. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
