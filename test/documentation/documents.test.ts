import { Parser } from '@asyncapi/parser';
import { Validator } from '@seriousme/openapi-schema-validator';
import { expect } from 'chai';
import { ERRORS } from '../../src/errors.ts';
import { operations } from '../../src/operations.ts';
import { NAMESPACE_OF } from '../../src/protocol.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { mustConform } from './conformance.ts';
import { type AsyncApi, documentsOf, type OpenApi, responseOf, restOperations } from './documents.ts';

const DOORS = { chat: '/chat', presence: '/presence', raw: '/api/ws' } as const;

describe('The documents of the API', function () {
  this.timeout(20_000);
  let app: TestApp;
  let openApi: OpenApi;
  let asyncApi: AsyncApi;
  before(async () => {
    app = await startApp('sqlite', { NODE_ENV: 'production' });
    ({ openApi, asyncApi } = await documentsOf(app.url));
  });
  after(() => app.stop());

  it('are valid: one as OpenAPI 3.1, the other as AsyncAPI 3', async () => {
    const validator = new Validator();
    expect(await validator.validate(structuredClone(openApi))).to.deep.equal({ valid: true });
    expect(validator.version).to.equal('3.1');
    const found = await new Parser().validate(JSON.stringify(asyncApi));
    expect(found.filter(({ code }) => code !== 'asyncapi-latest-version')).to.deep.equal([]);
  });

  it('have every operation of the table at its route, and no others', () => {
    const documented = [...restOperations(openApi)].map(([name, { method, path }]) => [
      name,
      `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`,
    ]);
    const actual = Object.entries(operations).flatMap(([name, { http }]) => (http === undefined ? [] : [[name, http]]));
    expect(Object.fromEntries(documented)).to.deep.equal(Object.fromEntries(actual));
    expect(documented).to.have.length(actual.length);
  });

  it('ask for the fields that an operation takes, in the path, the query or the body, and say who may call it', () => {
    for (const [name, { operation }] of restOperations(openApi)) {
      const { schema } = operation.requestBody?.content['application/json'] ?? {};
      const fields = [
        ...operation.parameters.map((each) => [each.name, each.required]),
        ...Object.keys(schema?.properties ?? {}).map((field) => [field, schema?.required?.includes(field)]),
      ];
      const { input, access } = operations[name]?.operation ?? {};
      const actual = Object.entries(input?.describe().fields ?? {}).map(([field, each]) => [
        field,
        !('optional' in each && each.optional),
      ]);
      expect(Object.fromEntries(fields), name).to.deep.equal(Object.fromEntries(actual));
      const optional = [{}, { cookie: [] }, { bearer: [] }];
      const expected = { public: [], user: undefined, optional }[access ?? 'user'];
      expect(operation.security, name).to.deep.equal(expected);
    }
  });

  it('have every operation on every socket that takes it, and every event on every socket that tells it', () => {
    for (const [door, address] of Object.entries(DOORS)) {
      expect(asyncApi.channels[door]?.address).to.equal(address);
      const own = (action: string) =>
        Object.entries(asyncApi.operations)
          .filter(([key, each]) => key.startsWith(`${door}.`) && each.action === action)
          .map(([key]) => key);
      const asked = Object.entries(operations).filter(([, { sockets }]) =>
        door === 'raw' ? sockets.includes('/chat') : sockets.some((each) => each === address),
      );
      expect(own('receive')).to.have.members(asked.map(([name]) => `${door}.${name}`));
      const told = Object.entries(NAMESPACE_OF).filter(([, namespace]) => door === 'raw' || namespace === address);
      expect(own('send')).to.have.members(
        [...told.map(([name]) => name), 'error'].map((name) => `${door}.${name}.event`),
      );
    }
  });

  it('have every error with its status', () => {
    expect(openApi.components.schemas.Error.properties?.code?.enum).to.have.members(Object.keys(ERRORS));
    const documented = new Map<string, number>();
    for (const [, { operation }] of restOperations(openApi)) {
      for (const status of Object.keys(operation.responses)
        .map(Number)
        .filter((each) => each !== 200)) {
        const { examples = {} } = responseOf(openApi, operation, status)?.content['application/json'] ?? {};
        for (const code of Object.keys(examples)) documented.set(code, status);
      }
    }
    const elsewhere = [
      ...['unknown_route', 'unknown_operation', 'method_not_allowed', 'upgrade_required', 'request_timeout'],
      ...['invalid_request', 'expectation_failed', 'headers_too_large'],
      ...['invalid_handshake', 'unsupported_client'],
    ];
    const actual = Object.entries(ERRORS).filter(([code]) => !elsewhere.includes(code));
    expect([...documented]).to.have.deep.members(actual.map(([code, { status }]) => [code, status]));
  });

  it('give examples that are as they say', () => {
    for (const [name, { operation }] of restOperations(openApi)) {
      for (const media of [operation.requestBody, responseOf(openApi, operation, 200)]) {
        const { schema, example } = media?.content['application/json'] ?? {};
        if (schema !== undefined) mustConform(example, schema, name);
      }
    }
    for (const [key, { payload, examples }] of Object.entries(asyncApi.components.messages)) {
      expect(examples, key).to.have.length(1);
      mustConform(examples[0]?.payload, payload, key);
    }
  });
});
