import { expect } from 'chai';
import { ERRORS } from '../../src/operation/errors.ts';
import type { JsonSchema } from '../../src/operation/json-schema.ts';
import { NAMESPACE_OF } from '../../src/protocol.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { type AsyncApi, type OpenApi, rawDocumentsOf, restRoutes } from './documents.ts';

type Node = Record<string, unknown>;
type Found = { path: string; node: Node };

/** Every object in a document, with its path. */
function nodesOf(value: unknown, path = '#'): Found[] {
  if (typeof value !== 'object' || value === null) return [];
  const inside = Object.entries(value).flatMap(([key, each]) => nodesOf(each, `${path}/${key}`));
  return Array.isArray(value) ? inside : [{ path, node: value as Node }, ...inside];
}

/** Examples are values, not schemas. */
const isExample = ({ path }: Found) => /\/examples?(\/|$)/.test(path);
const pascal = (name: string) => name.replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase());
const SHARED = ['Message', 'Conversation', 'OtherUser', 'LastMessage', 'User', 'Participant', 'SyncedConversation'];

describe('Generators of clients', () => {
  let app: TestApp;
  let openApi: OpenApi;
  let asyncApi: AsyncApi;
  let schemas: Found[];
  before(async () => {
    app = await startApp();
    ({ openApi, asyncApi } = await rawDocumentsOf(app.url));
    schemas = [...nodesOf(openApi), ...nodesOf(asyncApi)].filter((each) => !isExample(each));
  });
  after(() => app.stop());

  it('find a named schema for every object in one place, and references elsewhere', () => {
    for (const document of [openApi, asyncApi]) {
      const objects = nodesOf(document).filter((each) => !isExample(each) && each.node.properties !== undefined);
      const inline = objects.filter(({ path }) => !/^#\/components\/schemas\/\w+$/.test(path));
      // the query of a WebSocket URL is not a type
      expect(inline.map(({ path }) => path).filter((path) => !path.endsWith('/bindings/ws/query'))).to.deep.equal([]);
      const names = Object.keys(document.components.schemas);
      expect(names).to.include.members([...SHARED, 'Error', 'FieldError']);
      expect(names).to.include.members(Object.keys(NAMESPACE_OF).map((event) => `${pascal(event)}Event`));
      for (const name of names) expect(name).to.match(/^(?:[A-Z][a-z]+)+$/);
      const referred = new Set(nodesOf(document).map(({ node }) => String(node.$ref ?? '')));
      for (const name of SHARED) expect([...referred]).to.include(`#/components/schemas/${name}`);
    }
  });

  it('find the same schema under the same name in both documents, except for errors and path parameters', () => {
    const both = Object.keys(openApi.components.schemas).filter((name) => name in asyncApi.components.schemas);
    const different = both.filter(
      (name) => JSON.stringify(openApi.components.schemas[name]) !== JSON.stringify(asyncApi.components.schemas[name]),
    );
    expect(different.filter((name) => name !== 'Error' && !name.endsWith('Input'))).to.deep.equal([]);
    for (const name of different.filter((each) => each.endsWith('Input'))) {
      const [inBody, inAll] = [openApi, asyncApi].map((each) => each.components.schemas[name]?.properties ?? {});
      expect(inAll, name).to.deep.include(inBody ?? {});
    }
  });

  it('find a boolean for success, and no constants except in the type of frames', () => {
    const constants = schemas.filter(({ node }) => 'const' in node);
    for (const { path, node } of constants) expect(path, JSON.stringify(node)).to.match(/Frame\/properties\/type$/);
    for (const [name, { properties }] of Object.entries(openApi.components.schemas)) {
      if (properties?.success === undefined) continue;
      expect(properties.success, name).to.have.all.keys('type', 'description').and.include({ type: 'boolean' });
    }
  });

  it('find open strings where later versions may add values, such as error codes, with the known ones', () => {
    for (const document of [openApi, asyncApi]) {
      const { type, enum: closed, description = '' } = document.components.schemas.Error?.properties?.code ?? {};
      expect({ type, closed }).to.deep.equal({ type: 'string', closed: undefined });
      expect([...description.matchAll(/`(\w+)`/g)].map(([, code]) => code)).to.deep.equal(Object.keys(ERRORS));
    }
    const closed = schemas.filter(({ node }) => Array.isArray(node.enum)).map(({ path }) => path.split('/').at(-1));
    expect(new Set(closed), 'sent, delivered, read; online, offline').to.deep.equal(new Set(['status', 'content']));
  });

  it('find 64-bit formats for ids, numbers and counts, and 32-bit formats where they suffice', () => {
    const numbers = schemas.filter(({ node }) => node.type === 'integer');
    expect(numbers.length).to.be.above(300);
    for (const { path, node } of numbers) {
      expect(node.format, path).to.equal(Number(node.maximum ?? Number.MAX_SAFE_INTEGER) < 2 ** 31 ? 'int32' : 'int64');
    }
    expect(schemas.filter(({ node }) => node.type === 'number').map(({ path }) => path)).to.deep.equal([]);
  });

  it('find operation ids of a verb and a noun, each once', () => {
    const ids = restRoutes(openApi).map(([, { operation }]) => operation.operationId);
    for (const id of ids) expect(id).to.match(/^[a-z]+(?:[A-Z][a-z]+)+$/);
    expect(ids).to.include.members(['sendMessage', 'getMe', 'confirmDelivered', 'syncConversations', 'logIn']);
    expect(new Set(ids)).to.have.property('size', ids.length);
  });

  it('find a description of every operation, parameter and tag, and an example of every parameter', () => {
    expect(openApi.tags.map(({ name }) => name)).to.deep.equal(['Accounts', 'Conversations', 'Messages']);
    for (const { name, description } of openApi.tags) expect(description, name).to.match(/^[A-Z].*\.$/);
    for (const [, { operation }] of restRoutes(openApi)) {
      const { operationId, description, tags, parameters } = operation;
      expect(description, operationId).to.match(/^[A-Z].*\.$/);
      expect(tags).to.have.length(1);
      for (const parameter of parameters) {
        const what = `${operationId}: ${parameter.name}`;
        expect(parameter.description, what).to.match(/^[A-Z].*\.$/);
        expect(parameter, what).to.have.property('example').that.is.not.equal(undefined);
        expect(parameter.schema.type, `${what} is no object, which each generator writes otherwise`).to.be.a('string');
        expect(parameter.schema.type, what).not.to.equal('object');
      }
    }
    for (const [key, { action, description }] of Object.entries(asyncApi.operations)) {
      expect(description, `${action} ${key}`).to.match(/^[A-Z].*\.$/);
    }
  });

  it('find an example of every field of a body', () => {
    const inputs = Object.entries(openApi.components.schemas).filter(([name]) => name.endsWith('Input'));
    expect(inputs.length).to.be.above(10);
    for (const [name, { properties = {} }] of inputs)
      for (const [field, { examples }] of Object.entries(properties))
        expect(examples, `${name}: ${field}`).to.be.an('array').that.has.length(1);
  });

  it('find a type for all refusals, an error with fields as an example, and 405 with the allowed methods', () => {
    for (const [, { operation }] of restRoutes(openApi)) {
      const { default: refused, 405: notAllowed, 400: invalid } = operation.responses;
      expect(refused).to.deep.equal({ $ref: '#/components/responses/refused' });
      expect(notAllowed).to.deep.equal({ $ref: '#/components/responses/method_not_allowed' });
      expect(invalid).to.have.property('$ref');
    }
    const { refused, method_not_allowed: notAllowed } = openApi.components.responses;
    expect(refused?.content['application/json'].schema).to.deep.equal({ $ref: '#/components/schemas/Error' });
    expect(notAllowed?.headers).to.have.property('Allow');
    const values = nodesOf(openApi.components.responses).filter(({ path }) => path.endsWith('/value'));
    const withFields = values.filter(({ node }) => Array.isArray(node.fields)).map(({ node }) => node.code);
    expect(new Set(withFields)).to.deep.equal(new Set(['invalid_input', 'unknown_member']));
  });

  it('find descriptions of rules that only code can check', () => {
    const { properties: signup = {} } = openApi.components.schemas.InitiateSignupInput as JsonSchema;
    expect(signup.password?.description).to.include('72 bytes').and.include('NUL');
    const { properties: sent = {} } = openApi.components.schemas.SendMessageInput as JsonSchema;
    expect(sent.content?.description).to.include('visible').and.include('NUL');
    expect('a\0b').not.to.match(new RegExp(sent.content?.pattern ?? ''));
    const { properties: me = {} } = openApi.components.schemas.UpdateMeInput as JsonSchema;
    expect(me.profile_picture?.description).to.include('2048').and.include('http(s)');
    const listed = restRoutes(openApi).find(([name]) => name === 'list_conversations')?.[1].operation.parameters ?? [];
    expect(listed.find(({ name }) => name === 'cursor')?.schema.pattern).to.include('\\d');
  });

  it('find no pattern with syntax that some language lacks', () => {
    const patterns = schemas.flatMap(({ node }) => (typeof node.pattern === 'string' ? [node.pattern] : []));
    expect(patterns.length).to.be.above(20);
    // in many languages a time is not a string that a pattern could check
    expect(schemas.filter(({ node }) => node.format === 'date-time' && 'pattern' in node)).to.deep.equal([]);
    // Python has no \p, Go’s RE2 no look-around, no \u and no back-references
    for (const pattern of patterns) expect(pattern).not.to.match(/\\[pPu]|\(\?[=!<]|\\[1-9]/);
    // some generators copy a pattern into a string literal unescaped
    for (const pattern of patterns) expect(pattern).not.to.match(/["'`]/);
  });

  it('find the query parameter for receipts on a plain WebSocket', () => {
    const query = schemas.find(({ path }) => path.endsWith('/bindings/ws/query'))?.node as JsonSchema;
    expect(Object.keys(query.properties ?? {})).to.have.members(['ticket', 'token', 'receipts']);
  });
});
