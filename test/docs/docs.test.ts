import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { parse, VARIABLES } from '../../src/config-variables.ts';
import { ERRORS } from '../../src/errors.ts';
import { operations } from '../../src/operations.ts';
import { NAMESPACE_OF } from '../../src/protocol.ts';
import { anchorsOf, blocksOf, codesIn, linksOf, pathsOf, ROOT, readText, rowsOf } from './markdown.ts';

const PAGES = globSync(['*.md', 'docs/**/*.md'], { cwd: ROOT });
const NONE = '–';
const readme = readText('README.md');
const environment = readText('.env.example');
const isThere = (path: string) => globSync(path, { cwd: ROOT }).length > 0;

describe('The README', () => {
  it('has every error code with its status and message, in the order of the catalogue, and no others', () => {
    const documented = rowsOf(readme, 'Code', 'Status', 'Message').map(([code = '', status, message]) => ({
      code: codesIn(code)[0],
      status: Number(status),
      message,
    }));
    expect(documented).to.deep.equal(Object.entries(ERRORS).map(([code, error]) => ({ code, ...error })));
  });

  it('has every operation with its route, its namespaces and its input, and no others', () => {
    const documented = rowsOf(readme, 'Route', 'Operation', 'Sockets', 'Takes').map(
      ([route = '', name = '', sockets = '', takes = '']) => [codesIn(name)[0], { route, sockets, takes }],
    );
    const actual = Object.entries(operations).map(([name, { http, sockets, operation }]) => {
      const fields = Object.entries(operation.input.describe().fields);
      const takes = fields.map(([field, schema]) => `${field}${'optional' in schema && schema.optional ? '?' : ''}`);
      return [
        name,
        { route: listed(http === undefined ? [] : [http]), sockets: listed(sockets), takes: listed(takes) },
      ];
    });
    expect(Object.fromEntries(documented)).to.deep.equal(Object.fromEntries(actual));
    expect(documented).to.have.length(actual.length);
  });

  it('names no route in passing that does not exist', () => {
    const routes = Object.values(operations).flatMap(({ http }) => http ?? []);
    const named = readme.match(/\b(?:GET|POST|PUT|PATCH|DELETE) \/api\/[\w/:-]+/g) ?? [];
    expect(routes).to.include.members(named);
    expect(named).to.include.members(routes);
  });

  it('has every event with the namespace that carries it, and no others', () => {
    const documented = rowsOf(readme, 'Event', 'Namespace', 'Payload').map(([event = '', namespace = '']) => [
      codesIn(event)[0],
      codesIn(namespace)[0],
    ]);
    expect(Object.fromEntries(documented)).to.deep.equal(NAMESPACE_OF);
    expect(documented).to.have.length(Object.keys(NAMESPACE_OF).length);
  });

  it('has every variable with the same default as the example environment, and no others', () => {
    const documented = rowsOf(readme, 'Variable', 'Default', 'Meaning').map(([name = '', fallback = '', meaning]) => {
      expect(meaning, name).not.to.equal('');
      return [codesIn(name)[0], fallback === NONE ? '' : codesIn(fallback)[0]];
    });
    expect(documented.map(([name]) => name)).to.deep.equal(Object.keys(VARIABLES));
    expect(documented).to.deep.equal(assignments());
  });

  /** As a cell lists things: each in backquotes, or a dash for none. */
  function listed(things: readonly string[]): string {
    return things.length === 0 ? NONE : things.map((thing) => `\`${thing}\``).join(', ');
  }
});

/** Each variable of the example environment with its value; every one is commented out. */
function assignments(): string[][] {
  return [...environment.matchAll(/^# ([A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]);
}

describe('The example environment', () => {
  it('names exactly the variables that the server reads, each after a line that says what it is', () => {
    expect(assignments().map(([name]) => name)).to.deep.equal(Object.keys(VARIABLES));
    for (const name of Object.keys(VARIABLES)) expect(environment).to.match(new RegExp(`\n\n# .{10,}\n# ${name}=`));
  });

  it('changes nothing, as it is and with every line uncommented', () => {
    expect(environment.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).to.deep.equal([]);
    const problems: string[] = [];
    const values = parse(Object.fromEntries(assignments()), problems);
    expect(problems).to.deep.equal([]);
    expect(values).to.deep.equal(parse({}, problems));
  });
});

describe('The documents', () => {
  it('are all there', () => {
    expect(PAGES).to.include.members(['README.md', 'ARCHITECTURE.md', 'SECURITY.md', 'CHANGELOG.md']);
    expect(readText('LICENSE')).to.match(/^MIT License\n/);
  });

  it('name only npm scripts that exist', () => {
    const { scripts } = JSON.parse(readText('package.json')) as { scripts: Record<string, string> };
    const named = PAGES.flatMap((page) => [...readText(page).matchAll(/\bnpm (?:run ([\w:-]+)|(start|test)\b)/g)]).map(
      ([, script, short]) => script ?? short,
    );
    expect(named).to.include.members(['start', 'test', 'demo']);
    expect(Object.keys(scripts)).to.include.members(named);
  });

  for (const page of PAGES) {
    it(`link from ${page} only to files and headings that exist`, () => {
      for (const link of linksOf(readText(page)).filter((target) => !/^https?:/.test(target))) {
        const [path = '', anchor] = link.split('#');
        const target = path === '' ? page : join(dirname(page), path);
        expect(isThere(target), link).to.equal(true);
        if (anchor !== undefined) expect(anchorsOf(readText(target)), link).to.include(anchor);
      }
    });
  }

  it('name only source files that exist', () => {
    for (const code of PAGES.flatMap((page) => codesIn(readText(page)))) {
      if (!/^[\w./-]+\.ts$/.test(code)) continue;
      expect(isThere(code) || isThere(`src/${code}`), code).to.equal(true);
    }
  });

  it('draw a layout in which everything exists', () => {
    const drawn = pathsOf(blocksOf(readText('ARCHITECTURE.md'), '')[0] ?? '');
    expect(drawn.filter((path) => !isThere(path))).to.deep.equal([]);
  });
});
