import { describe, expect, test } from 'vitest';
import { commandWords } from './document';

const document = {
  paths: {
    '/api/query': {
      post: {
        'x-cli-name': 'query',
        requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Query' } } } },
      },
    },
    '/api/jobs/{job}': { parameters: [{ name: 'job', in: 'path', schema: { type: 'string' } }], get: { 'x-cli-name': 'jobs show' }, delete: {} },
    '/api/jobs/all': { get: { 'x-cli-name': 'jobs' } },
    '/api/tables': {
      get: {
        'x-cli-name': 'tables',
        parameters: [
          { name: 'k8sCluster', in: 'query', schema: { type: 'string' } },
          { name: 'namespace', in: 'query', schema: { type: 'string' } },
          { name: 'tableKind', in: 'query', schema: { type: 'string', default: 'all' } },
        ],
      },
    },
    '/api/wait': { post: { 'x-cli-name': 'wait', 'x-cli-wait': {} } },
  },
  components: {
    schemas: {
      Target: { properties: { instance: { type: 'string', 'x-cli-short': 'i' } } },
      Query: {
        allOf: [
          { $ref: '#/components/schemas/Target' },
          {
            properties: {
              sql: { type: 'string', 'x-cli-positional': true },
              limit: { type: 'integer' },
              write: { type: 'boolean', default: false },
              columns: { type: 'string', 'x-cli-name': 'into' },
              variables: { type: 'object' },
              output: { type: 'string' },
            },
          },
        ],
      },
    },
  },
};
const words = (method: string, path: string, body?: object) => commandWords('sql', document, { method, path, body: body && JSON.stringify(body) })?.join(' ');

describe('a request that one command does', () => {
  test.each([
    ['POST', '/api/query', { sql: 'select 1', instance: 'shop', limit: -1, write: false }, 'everestctl sql query select 1 --instance shop --limit=-1'],
    ['POST', '/api/query', { sql: 'x', write: true, columns: 'a' }, 'everestctl sql query x --write --into a'],
    ['GET', '/api/tables?k8sCluster=main&namespace=prod&tableKind=all', undefined, 'everestctl sql tables --namespace prod'],
    ['GET', '/api/tables?k8sCluster=other&tableKind=view', undefined, 'everestctl sql tables --cluster other --table-kind view'],
    ['GET', '/api/jobs/a%20b', undefined, 'everestctl sql jobs show a b'],
    ['GET', '/api/jobs/all', undefined, 'everestctl sql jobs'],
  ])('%s %s', (method, path, body, expected) => expect(words(method, path, body)).toBe(expected));
});

describe('what is not surely the same is none', () => {
  test.each([
    ['a value that would be a file', 'POST', '/api/query', { sql: '@file' }],
    ['a value that would be a flag', 'POST', '/api/query', { sql: '--help' }],
    ['a value that is no word', 'POST', '/api/query', { sql: 'x', variables: { a: 1 } }],
    ['an argument that has another name', 'POST', '/api/query', { sql: 'x', output: 'y' }],
    ['what the document does not know', 'POST', '/api/query', { sql: 'x', more: 1 }],
    ['a parameter that is given twice', 'GET', '/api/tables?namespace=a&namespace=b', undefined],
    ['a command that waits', 'POST', '/api/wait', undefined],
    ['an operation without a name', 'DELETE', '/api/jobs/x', undefined],
    ['an address that is none of its own', 'GET', '/main.js', undefined],
  ])('%s', (_, method, path, body) => expect(words(method, path, body)).toBeUndefined());

  test('of another document', () => {
    for (const other of [undefined, 'text', [], {}, { paths: [] }, { paths: { '/x': { $ref: '#/paths/~1x' } } }]) {
      expect(commandWords('x', other, { method: 'GET', path: '/x', body: undefined })).toBeUndefined();
    }
  });
});
