import { expect } from 'chai';
import { readPostgresqlUrl, UrlProblem } from '../../src/database/postgresql/url.ts';

/** The attempts: host, port, and whether the connection is encrypted. */
const triedBy = (url: string) =>
  readPostgresqlUrl(url).targets.map(({ host, port, ssl }) => `${host} ${port}${ssl === false ? '' : ' tls'}`);

describe('A PostgreSQL URL', () => {
  const PLAIN: [url: string, expected: string[]][] = [
    ['postgres://u@h/db?sslmode=disable', ['h 5432']],
    ['postgresql:///db?sslmode=disable', ['localhost 5432']],
    ['postgres://u@[::1]:7/db?sslmode=disable', ['::1 7']],
    ['postgres://u@%2Fvar%2Frun%2Fpostgresql/db', ['/var/run/postgresql 5432']],
    ['postgres:///db?host=/tmp&port=6543', ['/tmp 6543']],
    ['postgres://u@h1:1,h2:2,[::1]/db?sslmode=disable', ['h1 1', 'h2 2', '::1 5432']],
    ['postgres:///db?host=h1,h2&port=1,2&sslmode=disable', ['h1 1', 'h2 2']],
    ['postgres:///db?host=h1,h2&port=1&sslmode=disable', ['h1 1', 'h2 1']],
    ['postgres://h/db', ['h 5432 tls', 'h 5432']],
    ['postgres://h/db?sslmode=prefer', ['h 5432 tls', 'h 5432']],
    ['postgres://h/db?sslmode=allow', ['h 5432', 'h 5432 tls']],
    ['postgres://h1,h2/db?sslmode=require', ['h1 5432 tls', 'h2 5432 tls']],
  ];
  for (const [url, expected] of PLAIN)
    it(`${url} is tried like in libpq`, () => {
      expect(triedBy(url)).to.deep.equal(expected);
    });

  it('contains user, password and database, in the URL or as parameters', () => {
    const expected = { user: 'u@x', password: 'p:/?#', database: 'a b' };
    expect(readPostgresqlUrl('postgres://u%40x:p%3A%2F%3F%23@h/a%20b')).to.include(expected);
    expect(readPostgresqlUrl('postgres://h?user=u%40x&password=p:/?%23&dbname=a%20b')).to.include(expected);
    expect(readPostgresqlUrl('postgres://u:secret@h:1/db').shown).to.equal('h:1/db');
  });

  it('contains the other parameters', () => {
    const url =
      'postgres://h/db?application_name=a&options=-c%20x%3D1&connect_timeout=7&schema=s&target_session_attrs=primary';
    const expected = { applicationName: 'a', options: '-c x=1', connectTimeoutMs: 7_000, schema: 's' };
    expect(readPostgresqlUrl(url)).to.include(expected);
  });

  const REFUSED: [url: string, problem: RegExp][] = [
    ['postgres://h/db?pgbouncer=true', /without pgbouncer/],
    ['postgres://h/db?sslmode=no-verify', /another sslmode: disable, /],
    ['postgres://h/db?sslmode=require&sslmode=require', /sslmode once/],
    ['postgres://h/db?host=other', /host once/],
    ['postgres://u@h/db?user=other', /user once/],
    ['postgres://h:1/db?port=2', /port once/],
    ['postgres://h1,h2,h3/db?port=1,2', /one for each host/],
    ['postgres://h/db?target_session_attrs=standby', /target_session_attrs/],
    ['postgres://h/db?connect_timeout=soon', /connect_timeout/],
    ['postgres://h/db?client_encoding=LATIN1', /client_encoding/],
    ['postgres://h/db?sslnegotiation=direct', /sslmode=require/],
    ['postgres://h/db?schema=', /schema/],
    ['postgres://h/db?sslmode', /sslmode/],
    ['postgres://h:65536/db', /port/],
    ['postgres://u:100%@h/db', /%25/],
    ['postgres://u:xyz/zzy@h/db', /another port|HOST|as postgres/],
    ['postgres://u:xyz?zzy@h/db', /as postgres/],
    ['postgres://u:xyz#zzy@h/db', /as postgres/],
  ];
  for (const [url, problem] of REFUSED)
    it(`${url} is refused with the name of the problem and without the password`, () => {
      expect(() => readPostgresqlUrl(url))
        .to.throw(UrlProblem, problem)
        .with.property('message')
        .not.match(/xyz|zzy|100/);
    });
});
