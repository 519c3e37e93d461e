import { BlockList, isIP } from "node:net";

/** What is not given out to the world (IANA's registries of special addresses), and what clouds talk to their machines by. */
const special: [network: string, prefix: number][] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["168.63.129.16", 32],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.31.196.0", 24],
  ["192.52.193.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["192.175.48.0", 24],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];

/** Inside of what IPv6 gives out: tunnels that end in IPv4 (Teredo, 6to4), and examples. */
const specialIpv6: typeof special = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["2620:4f:8000::", 48],
  ["3fff::", 20],
];

const blocked = new BlockList();
for (const [network, prefix] of special) blocked.addSubnet(network, prefix, "ipv4");
for (const [network, prefix] of specialIpv6) blocked.addSubnet(network, prefix, "ipv6");

/** All that IPv6 gives out: loopback, mapped, translated (NAT64), local and multicast addresses are outside of it. */
const ipv6World = new BlockList();
ipv6World.addSubnet("2000::", 3, "ipv6");

/** Whether an address in numbers belongs to the world: false for private, local and special ones, and for a name. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 4) return !blocked.check(address, "ipv4");
  return isIP(address) === 6 && ipv6World.check(address, "ipv6") && !blocked.check(address, "ipv6");
}
