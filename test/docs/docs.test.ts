import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { GENERATED, withGenerated } from '../../src/api-docs/generated.ts';
import { readDotEnv } from '../../src/config/dot-env.ts';
import { GROUPS, parse, VARIABLES } from '../../src/config/variables.ts';
import { ERRORS } from '../../src/operation/errors.ts';
import { operations } from '../../src/operations.ts';
import { NAMESPACE_OF } from '../../src/protocol.ts';
import { anchorsOf, blocksOf, codesIn, linksOf, pathsOf, ROOT, readText, rowsOf } from './markdown.ts';

const PAGES = globSync(['*.md', 'docs/**/*.md'], { cwd: ROOT });
const NONE = '–';
const readme = readText('README.md');
const environment = readText('.env.example');
const isThere = (path: string) => globSync(path, { cwd: ROOT }).length > 0;

/** Sizes in bytes that keep an entry page readable. */
const SIZE_LIMITS = { 'README.md': 10_240, 'ARCHITECTURE.md': 8_192 };

describe('The documents of the API', () => {
  const pages = ['operations', 'events', 'errors'].map((name) => readText(`docs/api/${name}.md`));
  const [operationPage = '', eventPage = '', errorPage = ''] = pages;

  it('have every error code with its status and message, in the order of the table, and no others', () => {
    const documented = rowsOf(errorPage, 'Code', 'Status', 'Message').map(([code = '', status, message]) => ({
      code: codesIn(code)[0],
      status: Number(status),
      message,
    }));
    expect(documented).to.deep.equal(Object.entries(ERRORS).map(([code, error]) => ({ code, ...error })));
  });

  it('have every operation with its route, its namespaces and its input, and no others', () => {
    const documented = rowsOf(operationPage, 'Route', 'Operation', 'Sockets', 'Input').map(
      ([route = '', name = '', sockets = '', takes = '']) => [codesIn(name)[0], { route, sockets, takes }],
    );
    const actual = Object.values(operations).map(({ name, routes, namespaces, input }) => {
      const fields = Object.entries(input.describe().fields);
      const takes = fields.map(([field, schema]) => `${field}${'optional' in schema && schema.optional ? '?' : ''}`);
      return [name, { route: listed(routes), sockets: listed(namespaces), takes: listed(takes) }];
    });
    expect(Object.fromEntries(documented)).to.deep.equal(Object.fromEntries(actual));
    expect(documented).to.have.length(actual.length);
  });

  it('name no route that does not exist', () => {
    const routes = Object.values(operations).flatMap((operation) => operation.routes);
    const named = PAGES.flatMap(
      (page) => readText(page).match(/(?<=`)(?:GET|POST|PUT|PATCH|DELETE) \/api\/[\w/:-]+/g) ?? [],
    );
    expect(routes).to.include.members(named);
    expect(named).to.include.members(routes);
  });

  it('have every event with the namespace that carries it, and no others', () => {
    const documented = rowsOf(eventPage, 'Event', 'Namespace', 'Summary').map(([event = '', namespace = '']) => [
      codesIn(event)[0],
      codesIn(namespace)[0],
    ]);
    expect(Object.fromEntries(documented)).to.deep.equal(NAMESPACE_OF);
    expect(documented).to.have.length(Object.keys(NAMESPACE_OF).length);
  });

  /** The format of a list in a cell: each item in backquotes, or a dash for none. */
  function listed(things: readonly string[]): string {
    return things.length === 0 ? NONE : things.map((thing) => `\`${thing}\``).join(', ');
  }
});

describe('The README', () => {
  it('names in its configuration only variables that exist, each with its default', () => {
    const documented = rowsOf(readme, 'Variable', 'Default', 'Meaning').map(([name = '', fallback = '']) => [
      codesIn(name)[0],
      fallback === NONE ? '' : codesIn(fallback)[0],
    ]);
    expect(assignments()).to.deep.include.members(documented);
  });

  for (const [page, limit] of Object.entries(SIZE_LIMITS))
    it(`and other entry pages stay short: ${page} has at most ${limit} bytes`, () => {
      expect(Buffer.byteLength(readText(page))).to.be.at.most(limit);
    });
});

/** Each variable of the example environment with its value; every one is commented out. */
function assignments(): string[][] {
  return [...environment.matchAll(/^# ([A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]);
}

describe('The example environment', () => {
  it('names exactly the variables that the server reads, each after a line of description', () => {
    expect(assignments().map(([name]) => name)).to.deep.equal(Object.keys(VARIABLES));
    for (const name of Object.keys(VARIABLES)) {
      expect(environment).to.match(new RegExp(`\n\n# .{10,}\n(?:# .+\n)*# ${name}=`));
    }
  });

  it('changes nothing, as it is and with every line uncommented', () => {
    expect(environment.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).to.deep.equal([]);
    const problems: string[] = [];
    const values = parse(Object.fromEntries(assignments()), problems);
    expect(problems).to.deep.equal([]);
    expect(values).to.deep.equal(parse({}, problems));
  });

  it('is valid as it is, and with every line uncommented', () => {
    const uncommented = environment.replace(/^# (?=[A-Z_]+=)/gm, '');
    for (const text of [environment, uncommented]) {
      const { problems, warnings } = readDotEnv(Buffer.from(text), '.env.example');
      expect([...problems, ...warnings]).to.deep.equal([]);
    }
    const { variables } = readDotEnv(Buffer.from(uncommented), '.env.example');
    expect([...variables].map(([name, { value }]) => [name, value])).to.deep.equal(assignments());
  });
});

describe('A variable', () => {
  it('is in one group of the documents, with its values and its purpose', () => {
    const grouped = Object.values(GROUPS).flatMap((variables) => Object.entries(variables));
    expect(grouped.map(([name]) => name)).to.deep.equal(Object.keys(VARIABLES));
    for (const [name, { expected, description }] of grouped) {
      expect(expected, name).to.match(/^.{5,}[^.]$/);
      expect(description, name).to.match(/^.{10,}\.$/);
    }
  });
});

describe('The documents', () => {
  it('exist', () => {
    expect(PAGES).to.include.members([
      'README.md',
      'ARCHITECTURE.md',
      'CONTRIBUTING.md',
      'SECURITY.md',
      'CHANGELOG.md',
    ]);
    expect(readText('LICENSE')).to.match(/^MIT License\n/);
  });

  for (const page of new Set(GENERATED.map((each) => each.page))) {
    it(`contain in ${page} what npm run docs generates from the code`, () => {
      expect(readText(page)).to.equal(withGenerated(page, readText(page)));
    });
  }

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

  it('show a layout in which everything exists', () => {
    const drawn = pathsOf(blocksOf(readText('ARCHITECTURE.md'), '')[0] ?? '');
    expect(drawn.filter((path) => !isThere(path))).to.deep.equal([]);
  });
});
