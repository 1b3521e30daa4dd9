/** Addresses as text. */
import type { Address } from '../config/server-config.js';

/** `host:port`, with brackets around an IPv6 host. */
export function addressText({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** An address that can be connected to, of one that is listened on. */
export function reachable({ host, port }: Address): Address {
  return host === '0.0.0.0' || host === '::' ? { host: '127.0.0.1', port } : { host, port };
}

/** An IPv4 address that came in over an IPv6 socket, as IPv4. */
export function plainIp(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}
