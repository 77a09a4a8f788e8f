// SPDX-License-Identifier: Apache-2.0
import { isIP } from 'node:net';
import { InputError } from '@backstage/errors';
import ipaddr from 'ipaddr.js';

/**
 * Says which addresses may be connected to. Host names and endpoints are typed
 * by people and answered by foreign name servers; without this rule either
 * could point us at the inside of the network that we run in (SSRF).
 */
export interface HostPolicy {
  /**
   * Judges one address, as a resolver or a literal gave it. Anything that is
   * not a plain IPv4 or IPv6 address is refused.
   */
  judgeAddress(ip: string): 'allowed' | 'refused';
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Cidr = [Address, number];

// Where clouds hand out credentials to whoever asks from inside. The
// link-local ones (169.254.169.254 and others) fall to NEVER_RANGES.
const METADATA_ADDRESSES = new Set([
  '100.100.100.200', // Alibaba Cloud
  '168.63.129.16', // Azure WireServer; looks like any public address
  'fd00:ec2::254', // AWS
  'fd20:ce::254', // Google Cloud
]);

const NEVER_RANGES = new Set([
  'unspecified',
  'multicast',
  'broadcast',
  'linkLocal',
]);

// RFC 4291 section 2.4: what is given out as global unicast today.
const GLOBAL_UNICAST_V6: [ipaddr.IPv6, number] = [
  ipaddr.IPv6.parse('2000::'),
  3,
];

const NAT64_WELL_KNOWN: [ipaddr.IPv6, number] = [
  ipaddr.IPv6.parse('64:ff9b::'),
  96,
];

/**
 * Global unicast is allowed, `allowPrivate` widens that. Link-local, metadata,
 * unspecified, multicast and broadcast addresses are refused even inside an
 * allowed range: nobody who lists `0.0.0.0/0` means those.
 *
 * @param options - allowPrivate: addresses or CIDR ranges from the configuration
 * @throws InputError naming an entry that is neither
 */
export function createHostPolicy(options: {
  allowPrivate: readonly string[];
}): HostPolicy {
  const allowed = options.allowPrivate.map(parseRange);
  return {
    judgeAddress(ip) {
      const address = parseAddress(ip);
      return address && isAllowed(address, allowed) ? 'allowed' : 'refused';
    },
  };
}

/**
 * Whether connecting to the address never leaves this machine. Only a plain or
 * IPv4-mapped loopback address counts: the translated forms (NAT64, 6to4) are
 * sent to a gateway.
 */
export function isLoopback(ip: string): boolean {
  if (isIP(ip) === 0 || ip.includes('%')) {
    return false;
  }
  return ipaddr.process(ip).range() === 'loopback';
}

function isAllowed(address: Address, allowed: readonly Cidr[]): boolean {
  if (
    NEVER_RANGES.has(address.range()) ||
    METADATA_ADDRESSES.has(address.toString())
  ) {
    return false;
  }
  return (
    isGlobalUnicast(address) || allowed.some(cidr => within(address, cidr))
  );
}

function isGlobalUnicast(address: Address): boolean {
  if (address.range() !== 'unicast') {
    return false;
  }
  return isV4(address) || within(address, GLOBAL_UNICAST_V6);
}

// isIP is strict where ipaddr.js is not: the library also reads `127.1`,
// `0x7f.1` and `2130706433`, which a resolver would never answer with. A zone
// (`%eth0`) picks an interface and has no place in an answer either.
function parseAddress(ip: string): Address | undefined {
  if (isIP(ip) === 0 || ip.includes('%')) {
    return undefined;
  }
  const address = ipaddr.parse(ip);
  return isV4(address) ? address : embeddedV4(address) ?? address;
}

/** The IPv4 address that a packet to this IPv6 address ends up at, if any. */
function embeddedV4(address: ipaddr.IPv6): ipaddr.IPv4 | undefined {
  if (address.isIPv4MappedAddress()) {
    return address.toIPv4Address();
  }
  const bytes = address.toByteArray();
  if (within(address, NAT64_WELL_KNOWN)) {
    return new ipaddr.IPv4(bytes.slice(12));
  }
  // RFC 3056: 2002:WWXX:YYZZ::/48 is reached through WW.XX.YY.ZZ.
  return address.range() === '6to4'
    ? new ipaddr.IPv4(bytes.slice(2, 6))
    : undefined;
}

function within(address: Address, [network, bits]: Cidr): boolean {
  if (isV4(address)) {
    return isV4(network) && address.match(network, bits);
  }
  return !isV4(network) && address.match(network, bits);
}

function isV4(address: Address): address is ipaddr.IPv4 {
  return address.kind() === 'ipv4';
}

function parseRange(value: string): Cidr {
  // An address, and the number of leading bits that count, if fewer than all.
  const [ip, bits, ...rest] = value.split('/');
  const width = { 0: 0, 4: 32, 6: 128 }[isIP(ip)] ?? 0;
  const count = bits === undefined ? width : parseBits(bits);
  if (width === 0 || count > width || rest.length > 0 || ip.includes('%')) {
    throw new InputError(
      `incomingMail.egress.allowPrivate holds '${value}', which is neither an IP address nor a range such as 10.0.0.0/8`,
    );
  }
  return [ipaddr.parse(ip), count];
}

function parseBits(bits: string): number {
  return /^\d{1,3}$/.test(bits) ? Number(bits) : Infinity;
}
