// SPDX-License-Identifier: Apache-2.0
import { createHostPolicy, isLoopback } from './hostPolicy';

const strict = createHostPolicy({ allowPrivate: [] });

describe('createHostPolicy', () => {
  it.each([
    ['8.8.8.8'],
    ['142.250.27.108'],
    ['1.1.1.1'],
    ['172.32.0.1'],
    ['100.128.0.1'],
    ['2a00:1450:4025:c01::6c'],
    ['2603:1026:c0a::2'],
    ['2001:4860:4860::8888'],
    ['::ffff:8.8.8.8'],
    ['64:ff9b::808:808'],
    ['2002:808:808::1'],
  ])('allows the global address %s', ip => {
    expect(strict.judgeAddress(ip)).toBe('allowed');
  });

  it.each([
    // Private, shared and special IPv4 ranges (RFC 6890)
    ['10.0.0.1'],
    ['10.255.255.255'],
    ['172.16.0.1'],
    ['172.31.255.255'],
    ['192.168.1.1'],
    ['100.64.0.1'],
    ['127.0.0.1'],
    ['127.255.255.254'],
    ['0.0.0.0'],
    ['0.1.2.3'],
    ['169.254.0.1'],
    ['192.0.0.192'],
    ['192.0.2.1'],
    ['192.88.99.1'],
    ['198.18.0.1'],
    ['198.51.100.1'],
    ['203.0.113.1'],
    ['224.0.0.1'],
    ['239.255.255.250'],
    ['240.0.0.1'],
    ['255.255.255.255'],
    // Metadata services
    ['169.254.169.254'],
    ['169.254.170.2'],
    ['100.100.100.200'],
    ['168.63.129.16'],
    ['fd00:ec2::254'],
    ['fd20:ce::254'],
    ['fe80::a9fe:a9fe'],
    // Special IPv6 ranges
    ['::'],
    ['::1'],
    ['fe80::1'],
    ['febf::1'],
    ['fec0::1'],
    ['fc00::1'],
    ['fd12:3456:789a::1'],
    ['ff02::1'],
    ['100::1'],
    ['2001::1'],
    ['2001:2::1'],
    ['2001:db8::1'],
    ['3fff::1'],
    ['5f00::1'],
    ['4000::1'],
    // Non-public IPv4 in IPv6 clothes: mapped, compatible, NAT64, 6to4, Teredo
    ['::ffff:127.0.0.1'],
    ['::ffff:7f00:1'],
    ['::ffff:10.0.0.1'],
    ['::ffff:169.254.169.254'],
    ['::ffff:0:127.0.0.1'],
    ['::127.0.0.1'],
    ['::a9fe:a9fe'],
    ['64:ff9b::a9fe:a9fe'],
    ['64:ff9b::127.0.0.1'],
    ['64:ff9b::10.0.0.1'],
    ['64:ff9b:1::808:808'],
    ['2002:7f00:1::'],
    ['2002:a9fe:a9fe::1'],
    ['2002:c0a8:101::1'],
    ['2001:0:4136:e378:8000:63bf:3fff:fdd2'],
    // What is not an address at all, however a lenient parser would read it
    ['127.1'],
    ['0x7f.1'],
    ['0x7f000001'],
    ['0177.0.0.1'],
    ['2130706433'],
    ['08.8.8.8'],
    ['8.8.8.8 '],
    ['[::1]'],
    ['[::ffff:169.254.169.254]'],
    ['2a00:1450:4025:c01::6c%eth0'],
    ['localhost'],
    ['localhost.'],
    [''],
  ])('refuses %s', ip => {
    expect(strict.judgeAddress(ip)).toBe('refused');
  });

  it('allows private addresses and ranges that the configuration lists', () => {
    const policy = createHostPolicy({
      allowPrivate: ['10.1.0.0/16', '192.168.7.9', 'fd12::/16', '127.0.0.1'],
    });

    expect(policy.judgeAddress('10.1.2.3')).toBe('allowed');
    expect(policy.judgeAddress('::ffff:10.1.2.3')).toBe('allowed');
    expect(policy.judgeAddress('64:ff9b::10.1.2.3')).toBe('allowed');
    expect(policy.judgeAddress('192.168.7.9')).toBe('allowed');
    expect(policy.judgeAddress('fd12::25')).toBe('allowed');
    expect(policy.judgeAddress('127.0.0.1')).toBe('allowed');

    expect(policy.judgeAddress('10.2.0.1')).toBe('refused');
    expect(policy.judgeAddress('192.168.7.10')).toBe('refused');
    expect(policy.judgeAddress('fd13::25')).toBe('refused');
    expect(policy.judgeAddress('127.0.0.2')).toBe('refused');
  });

  it.each([
    ['169.254.169.254'],
    ['::ffff:169.254.169.254'],
    ['64:ff9b::a9fe:a9fe'],
    ['100.100.100.200'],
    ['168.63.129.16'],
    ['fd00:ec2::254'],
    ['fe80::1'],
    ['0.0.0.0'],
    ['::'],
    ['224.0.0.1'],
    ['ff02::1'],
    ['255.255.255.255'],
  ])('refuses %s even where everything is allowed', ip => {
    const open = createHostPolicy({ allowPrivate: ['0.0.0.0/0', '::/0'] });

    expect(open.judgeAddress('10.0.0.1')).toBe('allowed');
    expect(open.judgeAddress('fd00::1')).toBe('allowed');
    expect(open.judgeAddress(ip)).toBe('refused');
  });

  it.each([
    ['10.0.0.0/33'],
    ['10.0.0.0/'],
    ['10.0.0.0/-1'],
    ['10.0.0.0/8/8'],
    ['10.0/8'],
    ['fd00::/129'],
    ['fe80::1%eth0'],
    ['mail.corp.example'],
    [''],
  ])('names the entry %j that it cannot read', entry => {
    expect(() => createHostPolicy({ allowPrivate: [entry] })).toThrow(
      `holds '${entry}', which is neither`,
    );
  });
});

describe('isLoopback', () => {
  it.each([['127.0.0.1'], ['127.8.9.1'], ['::1'], ['::ffff:127.0.0.1']])(
    'knows %s',
    ip => expect(isLoopback(ip)).toBe(true),
  );

  it.each([
    ['8.8.8.8'],
    ['10.0.0.1'],
    ['0.0.0.0'],
    ['64:ff9b::7f00:1'],
    ['2002:7f00:1::'],
    ['127.1'],
    ['localhost'],
    ['::1%lo'],
  ])('does not take %s for one', ip => expect(isLoopback(ip)).toBe(false));
});
