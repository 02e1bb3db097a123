import { Parser } from '@asyncapi/parser';
import { Validator } from '@seriousme/openapi-schema-validator';
import { expect } from 'chai';
import { ERRORS } from '../../src/operation/errors.ts';
import { operations } from '../../src/operations.ts';
import { NAMESPACE_OF, type OperationName } from '../../src/protocol.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { mustConform } from './conformance.ts';
import { type AsyncApi, documentsOf, type OpenApi, rawDocumentsOf, responseOf, restRoutes } from './documents.ts';

const CHANNELS = { chat: '/chat', presence: '/presence', raw: '/api/ws' } as const;

describe('The documents of the API', function () {
  this.timeout(120_000);
  let app: TestApp;
  let openApi: OpenApi;
  let asyncApi: AsyncApi;
  before(async () => {
    app = await startApp('sqlite', { NODE_ENV: 'production' });
    ({ openApi, asyncApi } = await documentsOf(app.url));
  });
  after(() => app.stop());

  it('are valid: OpenAPI 3.1 and AsyncAPI 3', async () => {
    const asGiven = await rawDocumentsOf(app.url);
    const validator = new Validator();
    expect(await validator.validate(asGiven.openApi)).to.deep.equal({ valid: true });
    expect(validator.version).to.equal('3.1');
    const found = await new Parser().validate(JSON.stringify(asGiven.asyncApi));
    expect(found.filter(({ code }) => code !== 'asyncapi-latest-version')).to.deep.equal([]);
  });

  it('contain every operation of the table at its route, and no others', () => {
    const documented = restRoutes(openApi).map(
      ([name, { method, path }]) => `${name}: ${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`,
    );
    const actual = Object.values(operations).flatMap(({ name, routes }) => routes.map((route) => `${name}: ${route}`));
    expect(documented).to.have.members(actual);
  });

  it('contain the fields of each operation in the path, the query or the body, and its access', () => {
    for (const [name, { operation }] of restRoutes(openApi)) {
      const { schema } = operation.requestBody?.content['application/json'] ?? {};
      const fields = [
        ...operation.parameters.map((each) => [each.name, each.required]),
        ...Object.keys(schema?.properties ?? {}).map((field) => [field, schema?.required?.includes(field)]),
      ];
      const { input, access } = operations[name as OperationName];
      const actual = Object.entries(input.describe().fields).map(([field, each]) => [
        field,
        !('optional' in each && each.optional),
      ]);
      expect(Object.fromEntries(fields), name).to.deep.equal(Object.fromEntries(actual));
      const optional = [{}, { cookie: [] }, { bearer: [] }];
      const expected = { public: [], user: undefined, optional }[access];
      expect(operation.security, name).to.deep.equal(expected);
    }
  });

  it('contain every operation and event on the sockets that support it', () => {
    for (const [channel, address] of Object.entries(CHANNELS)) {
      expect(asyncApi.channels[channel]?.address).to.equal(address);
      const own = (action: string) =>
        Object.entries(asyncApi.operations)
          .filter(([key, each]) => key.startsWith(`${channel}.`) && each.action === action)
          .map(([key]) => key);
      const asked = Object.values(operations).filter(({ namespaces }) =>
        channel === 'raw' ? namespaces.includes('/chat') : namespaces.some((each) => each === address),
      );
      expect(own('receive')).to.have.members(asked.map(({ name }) => `${channel}.${name}`));
      const published = Object.entries(NAMESPACE_OF).filter(
        ([, namespace]) => channel === 'raw' || namespace === address,
      );
      expect(own('send')).to.have.members(
        [...published.map(([name]) => name), 'error'].map((name) => `${channel}.${name}.event`),
      );
    }
  });

  it('contain every error with its status', () => {
    const documented = new Map<string, number>();
    for (const [, { operation }] of restRoutes(openApi)) {
      for (const status of Object.keys(operation.responses)
        .map(Number)
        .filter((each) => each !== 200 && !Number.isNaN(each))) {
        const { examples = {} } = responseOf(openApi, operation, status)?.content['application/json'] ?? {};
        for (const code of Object.keys(examples)) documented.set(code, status);
      }
    }
    const elsewhere = [
      ...['unknown_route', 'unknown_operation', 'upgrade_required', 'request_timeout'],
      ...['invalid_request', 'expectation_failed', 'headers_too_large'],
      ...['invalid_handshake', 'unsupported_client'],
    ];
    const actual = Object.entries(ERRORS).filter(([code]) => !elsewhere.includes(code));
    expect([...documented]).to.have.deep.members(actual.map(([code, { status }]) => [code, status]));
  });

  it('have valid examples', () => {
    for (const [name, { operation }] of restRoutes(openApi)) {
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
