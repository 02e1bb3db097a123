import { expect } from 'chai';
import { until } from '../cluster/waiting.ts';
import { askAnew, askJson, type Server, startServer } from './server.ts';

describe('The outbox of two workers', function () {
  this.timeout(30_000);
  let server: Server;
  before(async () => {
    server = await startServer('sqlite', { SMTP_URL: '' });
  });
  after(() => server?.end());

  const outbox = async () => (await askAnew(`${server.url}/dev/outbox`)).body;
  const addressesIn = (page: string) => [...page.matchAll(/To (\S+@\S+?),/g)].map(([, address]) => address).sort();

  it('is one, and who comes in the place of another has the letters too', async () => {
    const addresses = Array.from({ length: 4 }, (_, index) => `somebody${index}@example.org`);
    for (const [index, email] of addresses.entries()) {
      const account = { username: `somebody${index}`, email, password: 'StrongPassword123' };
      expect((await askJson(`${server.url}/api/signup/initiate`, account)).status).to.equal(200);
    }
    for (let index = 0; index < 4; index += 1) expect(addressesIn(await outbox())).to.deep.equal(addresses);
    const [first] = server.workers();
    process.kill(first ?? 0, 'SIGKILL');
    await until('another serves', () => server.workers().length === 2 && !server.workers().includes(first ?? 0));
    await until('both show them all', async () => {
      const { body } = await askAnew(`${server.url}/metrics`);
      return (
        /process_start_time_seconds\{worker="1"\}/.test(body) && /process_start_time_seconds\{worker="2"\}/.test(body)
      );
    });
    for (let index = 0; index < 4; index += 1) expect(addressesIn(await outbox())).to.deep.equal(addresses);
  });
});
