import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/bundles/manifest.ts';
import { packBundle } from '../../../src/bundles/pack-bundle.ts';
import { readCode } from '../../../src/bundles/read-code.ts';
import { postgresServer } from '../../harness/database.ts';
import { ApiClient, graphOf, readEvents } from '../../harness/runs-api.ts';
import { authorization } from '../../harness/sign.ts';
import { type ServeFixture, startServe } from '../../harness/sluice-serve.ts';

let home: string;
let serve: ServeFixture;
let api: ApiClient;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'sluice-runs-'));
  await writeFile(
    join(home, 'config.yaml'),
    'server:\n  runs:\n    maxNodes: 50\n    maxInputKiB: 4\n    maxBundleMiB: 1\n    maxGraphMiB: 1\n',
  );
  serve = await startServe(home);
  api = await ApiClient.open(serve.url);
}, 300_000);

afterAll(async () => {
  await serve?.[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

const hello = graphOf('hello', { first: "console.log('one')", second: "console.log('two')" });
const waiting = (name: string) => graphOf(name, { wait: 'setInterval(() => {}, 1000)' });

describe('the document', () => {
  it('is valid OpenAPI 3.1', async () => {
    const result = await new Validator().validate(structuredClone(api.document) as Record<string, unknown>);
    expect(result.valid ? [] : result.errors).toEqual([]);
  });

  it('is the one that the package brings', async () => {
    const published = JSON.parse(await readFile('src/openapi.json', 'utf8')) as object;
    expect(published).toEqual(api.document);
  });

  it('names every schema that it refers to', () => {
    const text = JSON.stringify(api.document);
    const { schemas } = api.document['components'] as { schemas: Record<string, unknown> };
    const names = [...text.matchAll(/"#\/components\/schemas\/(\w+)/g)].map(([, name]) => name as string);
    expect(names.filter((name) => !Object.hasOwn(schemas, name))).toEqual([]);
  });
});

describe('a run', () => {
  it('is begun, followed and read', async () => {
    const begun = await api.post('/runs', { graph: hello, inputs: { count: 2 } });
    expect(begun.status).toBe(201);
    expect(begun.headers.get('location')).toBe(`/_sluice/v1/runs/${begun.body.id}`);
    const events = await readEvents(`${api.url}/runs/${begun.body.id}/events`);
    const kept = events.filter(({ id }) => id !== undefined);
    expect(kept.map(({ data }) => [data.type, data.phase, data.node])).toEqual([
      ['run', 'Running', undefined],
      ['node', 'Running', 'first'],
      ['node', 'Submitted', 'first'],
      ['node', 'Succeeded', 'first'],
      ['node', 'Running', 'second'],
      ['node', 'Submitted', 'second'],
      ['node', 'Succeeded', 'second'],
      ['run', 'Succeeded', undefined],
    ]);
    const { body } = await api.get(`/runs/${begun.body.id}`);
    expect(body).toMatchObject({ phase: 'Succeeded', inputs: { count: 2 } });
    const log = await api.get(`/runs/${begun.body.id}/nodes/second/logs`);
    expect(log.body.lines.map(({ message }: { message: string }) => message)).toEqual(['two']);
    const after = await api.get(
      `/runs/${begun.body.id}/nodes/second/logs?cursor=${encodeURIComponent(log.body.nextCursor)}`,
    );
    expect(after.body.lines).toEqual([]);

    // Cut anywhere and taken up again, the stream loses nothing and repeats nothing.
    for (const cut of kept.slice(0, -1)) {
      const first = await readEvents(`${api.url}/runs/${begun.body.id}/events`, {
        until: ({ id }) => id === cut.id,
      });
      const rest = await readEvents(`${api.url}/runs/${begun.body.id}/events`, { lastId: cut.id as string });
      expect([...first, ...rest].map(({ id }) => id)).toEqual(kept.map(({ id }) => id));
    }
    const over = await fetch(`${api.url}/runs/${begun.body.id}/events`, {
      headers: { 'last-event-id': kept.at(-1)?.id as string },
    });
    expect(over.status).toBe(204);
  }, 300_000);

  it('with the same key is one, and with another request refused', async () => {
    const request = { graph: graphOf('keyed', { only: '' }), idempotencyKey: 'key-1' };
    const answers = await Promise.all([0, 1, 2, 3].map(() => api.post('/runs', request)));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 200, 200, 201]);
    const { idempotencyKey, ...rest } = request;
    expect((await api.post('/runs', rest, { 'idempotency-key': idempotencyKey })).body.id).toBe(
      answers[0]?.body.id,
    );
    const other = await api.post('/runs', { ...request, inputs: { count: 7 } });
    expect([other.status, other.body.error.code]).toEqual([409, 'IdempotencyMismatch']);
  }, 300_000);

  it('is cancelled, and carried on', async () => {
    const { body } = await api.post('/runs', { graph: waiting('cancelled') });
    await readEvents(`${api.url}/runs/${body.id}/events`, {
      until: ({ data }) => data.phase === 'Submitted',
    });
    expect((await api.post(`/runs/${body.id}/cancel`)).status).toBe(202);
    expect((await api.ended(body.id)).phase).toBe('Aborted');
    expect((await api.post(`/runs/${body.id}/cancel`)).status).toBe(200);
    expect((await api.post(`/runs/${body.id}/resume`)).status).toBe(202);
    const again = await api.post(`/runs/${body.id}/resume`);
    expect([again.status, again.body.error.code]).toEqual([409, 'RunActive']);
    const busy = await api.call('DELETE', `/runs/${body.id}`);
    expect([busy.status, busy.body.error.code]).toEqual([409, 'RunActive']);
    await api.post(`/runs/${body.id}/cancel`);
    expect((await api.ended(body.id)).phase).toBe('Aborted');
    expect(await api.call('DELETE', `/runs/${body.id}`)).toMatchObject({ status: 204, body: undefined });
    for (const method of ['GET', 'DELETE']) {
      const gone = await api.call(method, `/runs/${body.id}`);
      expect([gone.status, gone.body.error.code]).toEqual([404, 'RunNotFound']);
    }
  }, 300_000);

  it('that the server was killed with is carried on by the next one', async () => {
    const place = join(home, 'go-on');
    const program = `const fs = require('fs'); setInterval(() => { if (Date.now() > ${Date.now() + 1000}) process.exit(); }, 50); // ${place}`;
    const { body } = await api.post('/runs', { graph: graphOf('left', { wait: program, last: '' }) });
    await readEvents(`${api.url}/runs/${body.id}/events`, {
      until: ({ data }) => data.phase === 'Submitted',
    });
    await serve.kill();
    serve = await startServe(home);
    api = await ApiClient.open(serve.url);
    const run = await api.ended(body.id).then(async (found) => {
      if (found.phase !== 'Crashed') return found;
      await expect
        .poll(async () => (await api.get(`/runs/${body.id}`)).body.phase, { timeout: 120_000 })
        .toBe('Succeeded');
      return (await api.get(`/runs/${body.id}`)).body;
    });
    expect(run.phase).toBe('Succeeded');
    expect(run.nodes.map(({ attempt }: { attempt: number }) => attempt)).toEqual([1, 1]);
  }, 300_000);

  it('is listed, page after page', async () => {
    const all = (await api.get('/runs')).body.runs.map(({ id }: { id: string }) => id);
    expect(all.length).toBeGreaterThan(2);
    const found: string[] = [];
    for (let token = ''; ; ) {
      const { body } = await api.get(`/runs?limit=1${token && `&token=${token}`}`);
      found.push(...body.runs.map(({ id }: { id: string }) => id));
      if (!body.nextToken) break;
      token = body.nextToken;
    }
    expect(found).toEqual(all);
    expect((await api.get('/runs?workflow=keyed')).body.runs).toHaveLength(1);
    // The one that was cancelled is removed.
    expect((await api.get('/runs?phase=Aborted')).body.runs).toEqual([]);
    expect((await api.get('/runs?phase=Succeeded')).body.runs).not.toEqual([]);
    expect((await api.get('/runs?createdAfter=2100-01-01')).body.runs).toEqual([]);
    expect((await api.get('/runs?createdBefore=2100-01-01T00:00:00Z')).body.runs).toHaveLength(all.length);
  });
});

describe('a workflow', () => {
  it('is registered once for each version, and run by its name', async () => {
    const path = '/workflows/registered/versions';
    const graph = graphOf('registered', { only: '' });
    const put = (version: string, body: object) => api.call('PUT', `${path}/${version}`, { body });
    expect((await put('1.0', graph)).status).toBe(201);
    expect((await put('1.0', graph)).status).toBe(200);
    const other = await put('1.0', graphOf('registered', { other: '' }));
    expect([other.status, other.body.error.code]).toEqual([409, 'WorkflowVersionTaken']);
    expect((await put('1.1', graphOf('registered', { other: '' }))).status).toBe(201);
    expect((await api.get(path)).body.workflows.map(({ version }: { version: string }) => version)).toEqual([
      '1.1',
      '1.0',
    ]);
    expect((await api.get(`${path}/1.0`)).body.graph.nodes).toHaveLength(1);
    expect((await api.get('/workflows?limit=1')).body.nextToken).toBeTypeOf('string');
    const run = await api.post('/runs', { workflow: { name: 'registered', version: '1.0' } });
    expect(run.body).toMatchObject({ version: '1.0', workflow: 'registered' });
    expect((await api.post('/runs', { workflow: { name: 'registered' } })).body.version).toBe('1.1');
    expect((await api.ended(run.body.id)).phase).toBe('Succeeded');
  }, 300_000);
});

describe('a bundle', () => {
  it('is kept once, when it is what its digest says, and a graph runs it', async () => {
    const files = await readCode([
      { path: 'main.mjs', source: Buffer.from("console.log('from a bundle')"), mode: 0o644 },
    ]);
    const digest = digestOf(files);
    const archive = Buffer.concat(await Array.fromAsync(packBundle(files)));
    const upload = (bytes: Uint8Array, named = digest) =>
      fetch(`${api.url}/bundles?digest=${named}`, { method: 'POST', body: bytes });
    const graph = graphOf('bundled', { only: '' });
    const task = (graph['tasks'] as Record<string, Record<string, unknown>>)['only'] as Record<
      string,
      unknown
    >;
    delete task['command'];
    task['script'] = { entry: 'main.mjs', bundle: { digest } };
    const missing = await api.post('/runs', { graph });
    expect([missing.status, missing.body.error.code, missing.body.error.missingBundles]).toEqual([
      400,
      'BundleNotFound',
      [digest],
    ]);
    expect((await fetch(`${api.url}/bundles/${digest}`, { method: 'HEAD' })).status).toBe(404);
    const wrong = await upload(archive, `sha256:${'0'.repeat(64)}`);
    expect([wrong.status, ((await wrong.json()) as { error: { code: string } }).error.code]).toEqual([
      400,
      'BundleInvalid',
    ]);
    expect((await upload(Buffer.from('no archive'))).status).toBe(400);
    expect((await upload(Buffer.alloc(2 * 1024 * 1024))).status).toBe(413);
    expect((await upload(archive)).status).toBe(201);
    expect((await upload(archive)).status).toBe(200);
    expect((await fetch(`${api.url}/bundles/${digest}`, { method: 'HEAD' })).status).toBe(200);
    expect((await api.get(`/bundles/${digest}`)).body).toMatchObject({ digest, files: 1 });
    const { body } = await api.post('/runs', { graph });
    expect((await api.ended(body.id)).phase).toBe('Succeeded');
    const log = await api.get(`/runs/${body.id}/nodes/only/logs`);
    expect(log.body.lines.map(({ message }: { message: string }) => message)).toContain('from a bundle');
  }, 300_000);
});

describe('what is wrong with a request is said', () => {
  const deep = `{"graph":${'['.repeat(5000)}${']'.repeat(5000)}}`;
  const withTask = (change: object) => {
    const graph = graphOf('bad', { only: '' });
    const { only } = graph['tasks'] as Record<string, object>;
    return { graph: { ...graph, tasks: { only: { ...only, ...change } } } };
  };
  const table: [string, string, string, object | string | undefined, number, string, string?][] = [
    ['no JSON', 'POST', '/runs', '{', 400, 'InvalidArgument', 'body'],
    ['no object', 'POST', '/runs', '[]', 400, 'InvalidArgument', 'body'],
    ['null', 'POST', '/runs', 'null', 400, 'InvalidArgument', 'body'],
    ['nothing to run', 'POST', '/runs', {}, 400, 'InvalidArgument', 'graph'],
    ['a field too many', 'POST', '/runs', { grahp: {} }, 400, 'InvalidArgument', 'grahp'],
    ['a field of the prototype', 'POST', '/runs', '{"__proto__": {}}', 400, 'InvalidArgument'],
    ['depth', 'POST', '/runs', deep, 400, 'InvalidArgument', 'body'],
    ['an old graph', 'POST', '/runs', { graph: { ...hello, version: 1 } }, 400, 'GraphInvalid'],
    ['a newer graph', 'POST', '/runs', { graph: { ...hello, version: 99 } }, 400, 'GraphInvalid'],
    [
      'a node of a task of the prototype',
      'POST',
      '/runs',
      { graph: { ...hello, nodes: [{ id: 'a', task: 'constructor', inputs: {} }] } },
      400,
      'GraphInvalid',
    ],
    [
      'a script of the machine',
      'POST',
      '/runs',
      withTask({ script: { entry: 'passwd', directory: '/etc', whole: true } }),
      400,
      'GraphInvalid',
    ],
    [
      'a function',
      'POST',
      '/runs',
      {
        graph: {
          ...hello,
          tasks: { f: { type: 'function', name: 'f', interface: { inputs: {}, outputs: {} } } },
          nodes: [{ id: 'f', task: 'f', inputs: {} }],
        },
      },
      400,
      'GraphInvalid',
      'graph.tasks.f',
    ],
    [
      'an output on the machine',
      'POST',
      '/runs',
      withTask({
        interface: { inputs: {}, outputs: { out: { type: 'uri' } } },
        outputs: {
          out: { localPath: '/opt/ml/processing/out', uploadMode: 'EndOfJob', s3Uri: 'file:///etc' },
        },
      }),
      400,
      'GraphInvalid',
      'graph',
    ],
    [
      'an input of the machine',
      'POST',
      '/runs',
      {
        graph: { ...hello, interface: { inputs: { data: { type: 'uri' } }, outputs: {} } },
        inputs: { data: 'file:///etc/passwd' },
      },
      400,
      'GraphInvalid',
      'inputs.data',
    ],
    [
      'a default of the machine',
      'POST',
      '/runs',
      {
        graph: {
          ...hello,
          interface: { inputs: { data: { type: 'uri', default: 'file:///etc' } }, outputs: {} },
        },
      },
      400,
      'GraphInvalid',
      'graph',
    ],
    ['a wrong input', 'POST', '/runs', { graph: hello, inputs: { count: 'many' } }, 400, 'InvalidArgument'],
    ['an unknown input', 'POST', '/runs', { graph: hello, inputs: { cuont: 1 } }, 400, 'InvalidArgument'],
    [
      'large inputs',
      'POST',
      '/runs',
      { graph: hello, inputs: { count: 'x'.repeat(5000) } },
      413,
      'LimitExceeded',
      'inputs',
    ],
    [
      'a large graph',
      'POST',
      '/runs',
      { graph: { ...hello, description: 'x'.repeat(2_000_000) } },
      413,
      'LimitExceeded',
    ],
    [
      'many nodes',
      'POST',
      '/runs',
      {
        graph: {
          ...hello,
          nodes: Array.from({ length: 51 }, (_, i) => ({ id: `n${i}`, task: 'first', inputs: {} })),
        },
      },
      413,
      'LimitExceeded',
      'graph.nodes',
    ],
    [
      'a name of 900,000 letters',
      'POST',
      '/runs',
      { graph: { ...hello, nodes: [{ id: 'a', task: 'x'.repeat(900_000), inputs: {} }] } },
      400,
      'GraphInvalid',
    ],
    ['a platform that is not there', 'POST', '/runs', withTask({ platform: 'moon' }), 400, 'InvalidArgument'],
    ['an unregistered workflow', 'POST', '/runs', { workflow: { name: 'nobody' } }, 404, 'WorkflowNotFound'],
    [
      'a key with spaces',
      'POST',
      '/runs',
      { graph: hello, idempotencyKey: 'a b' },
      400,
      'InvalidArgument',
      'idempotencyKey',
    ],
    ['no run', 'GET', '/runs/nobody', undefined, 404, 'RunNotFound'],
    ['no id of a run', 'GET', '/runs/%00', undefined, 400, 'InvalidArgument', 'id'],
    ['a broken escape', 'GET', '/runs/%zz', undefined, 400, 'InvalidArgument'],
    ['no run to cancel', 'POST', '/runs/nobody/cancel', undefined, 404, 'RunNotFound'],
    ['no run to carry on', 'POST', '/runs/nobody/resume', undefined, 404, 'RunNotFound'],
    ['no run to follow', 'GET', '/runs/nobody/events', undefined, 404, 'RunNotFound'],
    ['no event', 'GET', '/runs/nobody/events?after=x', undefined, 400, 'InvalidArgument', 'after'],
    ['no log', 'GET', '/runs/nobody/nodes/a/logs', undefined, 404, 'RunNotFound'],
    ['a wrong limit', 'GET', '/runs?limit=0', undefined, 400, 'InvalidArgument', 'limit'],
    ['a limit twice', 'GET', '/runs?limit=1&limit=2', undefined, 400, 'InvalidArgument', 'limit'],
    ['a wrong token', 'GET', '/runs?token=abc', undefined, 400, 'InvalidArgument', 'token'],
    [
      'a wrong time',
      'GET',
      '/runs?createdAfter=yesterday',
      undefined,
      400,
      'InvalidArgument',
      'createdAfter',
    ],
    ['a wrong phase', 'GET', '/runs?phase=Done', undefined, 400, 'InvalidArgument', 'phase'],
    ['a wrong digest', 'GET', '/bundles/abc', undefined, 400, 'InvalidArgument', 'digest'],
    ['a digest that is missing', 'POST', '/bundles', undefined, 400, 'InvalidArgument', 'digest'],
    ['another name', 'PUT', '/workflows/other/versions/1', hello, 400, 'InvalidArgument', 'name'],
    ['a wrong version', 'PUT', '/workflows/hello/versions/a%2Fb', hello, 400, 'InvalidArgument', 'version'],
    ['no version', 'GET', '/workflows/hello/versions/77', undefined, 404, 'WorkflowNotFound'],
    ['no route', 'GET', '/nothing', undefined, 404, 'NotFound'],
    ['another method', 'DELETE', '/runs', undefined, 405, 'MethodNotAllowed'],
  ];

  it.each(table)('%s', async (_, method, path, body, status, code, field) => {
    const answer = await api.call(method, path, body === undefined ? {} : { body });
    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
    expect(answer.body.error).toMatchObject(field === undefined ? {} : { field });
    expect(answer.body.error.message.length).toBeLessThan(5000);
  });

  it('a body that does not say that it is JSON', async () => {
    const answer = await api.post('/runs', JSON.stringify({ graph: hello }), {
      'content-type': 'text/plain',
    });
    expect([answer.status, answer.body.error.code]).toEqual([415, 'UnsupportedMediaType']);
  });

  it.each<[string, Record<string, string>]>([
    ['an origin of somebody else', { origin: 'https://evil.example' }],
    ['another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
  ])('a web page: %s', async (_, headers) => {
    const answer = await api.post('/runs', { graph: hello }, headers);
    expect([answer.status, answer.body.error.code]).toEqual([403, 'AccessDenied']);
  });
});

describe('a server that asks for signatures', () => {
  it('takes those of its owner for this service, and of nobody else', async () => {
    const own = await mkdtemp(join(tmpdir(), 'sluice-runs-'));
    await using server = await startServe(own, ['--credentials', '--executor', 'simulate']);
    const path = '/_sluice/v1/runs';
    const host = new URL(server.url).host;
    const ask = (headers: Record<string, string> = {}) => fetch(`${server.url}${path}`, { headers });
    const sign = (service: string, secretAccessKey = server.credentials.secretAccessKey) =>
      authorization({
        path,
        host,
        service,
        payloadHash: createHash('sha256').digest('hex'),
        credentials: { ...server.credentials, secretAccessKey },
      });
    const unsigned = await ask();
    expect([unsigned.status, unsigned.headers.get('www-authenticate')]).toEqual([401, 'AWS4-HMAC-SHA256']);
    expect((await ask(sign('sluice'))).status).toBe(200);
    expect((await ask(sign('s3'))).status).toBe(403);
    expect((await ask(sign('sluice', 'wrong'))).status).toBe(403);
    await rm(own, { recursive: true, force: true });
  }, 300_000);
});

/** Each change waits for the disk there. */
const MANY_RUNS = postgresServer === undefined ? 1000 : 200;

describe(`${MANY_RUNS} small runs`, () => {
  it('at once come to their ends', async () => {
    const own = await mkdtemp(join(tmpdir(), 'sluice-runs-'));
    {
      await using server = await startServe(own, ['--executor', 'simulate']);
      const many = await ApiClient.open(server.url);
      const body = JSON.stringify({ graph: graphOf('small', { only: '' }) });
      const headers = { 'content-type': 'application/json' };
      const statuses = await Promise.all(
        Array.from(
          { length: MANY_RUNS },
          async () => (await fetch(`${many.url}/runs`, { method: 'POST', headers, body })).status,
        ),
      );
      expect(new Set(statuses)).toEqual(new Set([201]));
      await expect
        .poll(async () => (await many.get('/runs?phase=Running&limit=1')).body.runs.length, {
          timeout: 240_000,
          interval: 500,
        })
        .toBe(0);
      expect((await many.get('/runs?phase=Succeeded&limit=1000')).body.runs).toHaveLength(MANY_RUNS);
    }
    await rm(own, { recursive: true, force: true });
  }, 300_000);
});
