import { expect } from 'chai';
import { canonicalAddress, networkOf, originOf } from '../../src/rate-limits/client-address.ts';
import { ask, newAccount } from '../accounts/requests.ts';
import { startApp, type TestApp } from '../support/app.ts';

/** Spellings of one client’s address by proxies. */
const ONE_CLIENT = {
  '203.0.113.9': [
    '203.0.113.9',
    '203.0.113.9:4001',
    '::ffff:203.0.113.9',
    '::FFFF:203.0.113.9',
    '::ffff:cb00:7109',
    '0:0:0:0:0:ffff:203.0.113.9',
    '0000:0000:0000:0000:0000:FFFF:CB00:7109',
    '[::ffff:203.0.113.9]:4001',
    '"203.0.113.9:80"',
    ' 203.0.113.9 ',
  ],
  '2001:db8::1': ['2001:db8::1', '2001:DB8::1', '2001:0db8:0:0:0:0:0:1', '[2001:db8::1]', '[2001:db8::1]:4001'],
  'fe80::1': ['fe80::1', 'fe80::1%eth0', '[fe80::1%eth0]:80', 'fe80::1%25'],
  '::1': ['::1', '[::1]:4001', '0:0:0:0:0:0:0:1', '::0001'],
} as const;
const NO_ADDRESSES = [
  '',
  'unknown',
  '_hidden',
  '203.0.113',
  '203.0.113.9.9',
  '203.0.113.256',
  '[::1',
  '::1]',
  'a:b',
  '1::2::3',
];

describe('The spellings of a client’s address', () => {
  for (const [canonical, spellings] of Object.entries(ONE_CLIENT)) {
    it(`have the canonical form ${canonical}`, () => {
      expect(spellings.map((each) => canonicalAddress(each))).to.deep.equal(spellings.map(() => canonical));
    });
  }

  it('are distinguished from other text', () => {
    expect(NO_ADDRESSES.map(canonicalAddress)).to.deep.equal(NO_ADDRESSES.map(() => undefined));
  });

  it('are counted by origin: an IPv4 address, a /64 of IPv6', () => {
    expect(originOf('203.0.113.9')).to.equal('203.0.113.9');
    const ipv6 = ['2001:db8::1', '2001:db8:0:0:ffff::', '2001:db8::1:2:3:4'];
    expect(new Set(ipv6.map(originOf))).to.deep.equal(new Set(['2001:db8:0:0::/64']));
    expect(originOf('2001:db8:0:1::1')).to.equal('2001:db8:0:1::/64');
    expect(originOf('1:2:3:4:5:6:7:8')).to.equal('1:2:3:4::/64');
    expect(originOf('::1')).to.equal('0:0:0:0::/64');
    expect(originOf('::203.0.113.9')).to.equal('0:0:0:0::/64');
  });

  it('are in one network if they are neighbours: a /24 of IPv4, a /64 of IPv6', () => {
    expect(networkOf('203.0.113.9')).to.equal(networkOf('203.0.113.200'));
    expect(networkOf('203.0.113.9')).not.to.equal(networkOf('203.0.114.9'));
    expect(networkOf('2001:db8::1')).to.equal(originOf('2001:db8::2'));
  });
});

describe('A limit per client address', () => {
  let app: TestApp;
  before(async () => {
    app = await startApp('sqlite', { RATE_LIMITS: 'on', RATE_SIGNUP_ORIGIN: '2/60', TRUST_PROXY: '1' });
  });
  after(() => app.stop());

  const from = async (address: string) =>
    (await ask(app, 'signup/initiate', newAccount(), { 'x-forwarded-for': address })).status;
  const statusesOf = async (addresses: readonly string[]) => {
    const statuses: number[] = [];
    for (const address of addresses) statuses.push(await from(address));
    return statuses;
  };

  it('counts every spelling of an address as the same client', async () => {
    const statuses = await statusesOf(ONE_CLIENT['203.0.113.9']);
    expect(statuses).to.deep.equal([200, 200, ...statuses.slice(2).map(() => 429)]);
    expect(await from('203.0.113.10'), 'a neighbour').to.equal(200);
  });

  it('counts the addresses of one /64 as the same client', async () => {
    expect(await statusesOf(['2001:db8:7::1', '2001:db8:7::2', '[2001:DB8:7::3]:80'])).to.deep.equal([200, 200, 429]);
    expect(await from('2001:db8:8::1'), 'another network').to.equal(200);
  });

  it('counts an invalid address as that of the connection', async () => {
    expect(await statusesOf(['unknown', '_secret', 'x'.repeat(1_000)])).to.deep.equal([200, 200, 429]);
  });
});
