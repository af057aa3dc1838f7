// Needs: python
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import {
  absolutePlaces,
  bundlesOf,
  canonicalJson,
  graphHash,
  localPlaces,
  parseGraph,
  relativePlaces,
  serializeGraph,
  type WorkflowGraph,
} from '../../src/graph/index.ts';
import { graphJsonSchema } from '../../src/graph/schema.ts';
import { add, bundled, graphOf } from './graphs.ts';

const places = (at: string): WorkflowGraph =>
  graphOf(
    [
      { id: 'one', task: 'train', inputs: { train: { literal: `file://${at}/flows/data%20set/` } } },
      { id: 'two', task: 'train', inputs: { train: { input: 'data' } } },
      // A text that is no place stays a text.
      { id: 'sum', task: 'add', inputs: { a: { literal: `file://${at}/flows/x` } } },
    ],
    {
      interface: { inputs: { data: { type: 'uri', default: `file://${at}/data.csv` } }, outputs: {} },
      tasks: {
        add,
        train: {
          ...bundled,
          s3OutputPath: 's3://bucket/out',
          checkpoint: { localPath: '/opt/ml/checkpoints', s3Uri: 'file:///mnt/checkpoints' },
        },
      },
    },
  );

describe('places of data', () => {
  const place = { base: '/home/me/project/flows', root: '/home/me/project' };

  it('are relative to the workflow within its project, and the machine’s own without', () => {
    const portable = relativePlaces(places('/home/me/project'), place);
    expect(portable.nodes[0]?.inputs['train']).toEqual({ literal: 'file:data%20set/' });
    expect(portable.interface.inputs['data']?.default).toBe('file:../data.csv');
    expect(portable.tasks['train']).toMatchObject({
      s3OutputPath: 's3://bucket/out',
      checkpoint: { s3Uri: 'file:///mnt/checkpoints' },
    });
    expect(portable.nodes[2]).toEqual(places('/home/me/project').nodes[2]);
    expect(localPlaces(portable)).toEqual([
      'file:../data.csv',
      'file:///mnt/checkpoints',
      'file:data%20set/',
    ]);
  });

  it('are absolute again wherever the workflow lies', () => {
    const portable = relativePlaces(places('/home/me/project'), place);
    expect(absolutePlaces(portable, '/srv/other/flows').nodes.slice(0, 2)).toEqual(
      places('/srv/other').nodes.slice(0, 2),
    );
    expect(absolutePlaces(portable, '/srv/other/flows').interface).toEqual(places('/srv/other').interface);
  });

  it('are refused where there is no directory to start at', () => {
    const portable = relativePlaces(places('/home/me/project'), place);
    expect(() => absolutePlaces(portable, undefined)).toThrow("'file:../data.csv' is a place beside");
  });

  it('of another project with the same beginning are not its own', () => {
    const graph = relativePlaces(places('/home/me/project-2'), place);
    expect(localPlaces(graph)).toContain('file:///home/me/project-2/data.csv');
  });
});

describe('the hash', () => {
  const graph = graphOf([{ id: 'one', task: 'train', inputs: { train: { literal: 's3://b/k' } } }], {
    tasks: { train: bundled },
  });
  const withTask = (changes: object): WorkflowGraph => ({
    ...graph,
    tasks: { train: { ...bundled, ...changes } },
  });
  const bundle = (bundled.script as { bundle: { digest: string } }).bundle;

  it('is the documented one', () => {
    // docs/graph.md tells how: a change here breaks runs that are to be resumed, and SDKs of other languages.
    expect(graphHash(graph)).toBe('c7b79f83a34c567b346ccebea8af13e10bf94bf113e502a7e649777e1bb04120');
  });

  it('is the one that Python finds', () => {
    const program = `import hashlib, json, sys
graph = json.load(sys.stdin)
graph.pop('file', None), graph.pop('description', None)
for task in graph['tasks'].values():
    task.pop('file', None)
    for code in (task.get('script'), task.get('code')):
        if code: code['bundle'].pop('uri', None)
text = json.dumps(graph, sort_keys=True, separators=(',', ':'), ensure_ascii=False)
print(hashlib.sha256(text.encode()).hexdigest())`;
    const hash = execFileSync('python3', ['-c', program], { input: serializeGraph(graph), encoding: 'utf8' });
    expect(hash.trim()).toBe(graphHash(graph));
  });

  it.each([
    ['the order of members', JSON.parse(canonicalJson(graph)) as WorkflowGraph],
    ['descriptions and places in files', { ...withTask({ file: 'x.ts:1' }), description: 'd', file: 'x.ts' }],
    [
      'where a bundle lies',
      withTask({ script: { entry: 'train.ts', bundle: { ...bundle, uri: 's3://b/x' } } }),
    ],
  ])('does not depend on %s', (_title, other) => {
    expect(graphHash(other)).toBe(graphHash(graph));
  });

  it.each([
    ['code', { script: { entry: 'train.ts', bundle: { digest: `sha256:${'1b'.repeat(32)}` } } }],
    ['a hyperparameter', { hyperparameters: { depth: 1 } }],
    ['the entry', { script: { entry: 'other.ts', bundle } }],
  ])('depends on %s', (_title, changes) => {
    expect(graphHash(withTask(changes))).not.toBe(graphHash(graph));
  });

  it('is that of the text that is read back', async () => {
    expect(graphHash(await parseGraph(serializeGraph(graph)))).toBe(graphHash(graph));
    expect([...bundlesOf(graph).keys()]).toEqual([bundle.digest]);
  });
});

test.each([
  [{ b: 1, a: [true, null, { d: 'é', c: 1.5 }], u: undefined }, '{"a":[true,null,{"c":1.5,"d":"é"}],"b":1}'],
  // RFC 8785, 3.2.3: by UTF-16 code units.
  [
    { '\u20ac': 1, '\r': 2, '1': 3, '\ud83d\ude00': 4, '\ufb33': 5 },
    '{"\\r":2,"1":3,"€":1,"😀":4,"\ufb33":5}',
  ],
  [
    Object.fromEntries('lkjihgfedcba'.split('').map((name) => [name, 0])),
    '{"a":0,"b":0,"c":0,"d":0,"e":0,"f":0,"g":0,"h":0,"i":0,"j":0,"k":0,"l":0}',
  ],
  [{ 'b"': 1, a: 2, 'b\\': 3, b: 4 }, '{"a":2,"b":4,"b\\"":1,"b\\\\":3}'],
  ['~ "\\/\n\u007f\u2028\ud800', '"~ \\"\\\\/\\n\u007f\u2028\\ud800"'],
  [1e21, '1e+21'],
])('the canonical JSON of %j', (value, text) => {
  expect(canonicalJson(value)).toBe(text);
});

describe('a graph from elsewhere', () => {
  const good = graphOf([], { tasks: { train: bundled } });
  const script = (entry: string) => ({
    ...good,
    tasks: { train: { ...bundled, script: { ...bundled.script, entry } } },
  });
  const deep = JSON.parse(`${'['.repeat(150)}${']'.repeat(150)}`) as never;

  it.each([
    ['a path out of its bundle', script('../train.py'), 'expected a path in the bundle'],
    ['a path inside out', script('lib/../../x'), 'expected a path in the bundle'],
    ['an absolute path', script('/etc/passwd'), 'expected a path in the bundle'],
    [
      'no digest',
      { ...good, tasks: { train: { ...bundled, script: { entry: 'a', bundle: { digest: 'md5:1' } } } } },
      'sha256',
    ],
    [
      'code of this machine',
      { ...good, tasks: { train: { ...bundled, script: { entry: 'a', directory: '/', whole: true } } } },
      'directory',
    ],
    [
      'values that are nested without end',
      { ...good, tasks: { train: { ...bundled, hyperparameters: { deep } } } },
      'nested deeper',
    ],
    [
      'a task that every object has',
      { ...good, nodes: [{ id: 'n', task: 'constructor', inputs: {} }] },
      "there is no task 'constructor'",
    ],
    [
      'an output that every object has',
      {
        ...good,
        outputs: { a: { node: 'toString', output: 'x' } },
        interface: { inputs: {}, outputs: { a: { type: 'json' } } },
      },
      "no node 'toString'",
    ],
  ])('is refused with %s', async (_title, graph, problem) => {
    await expect(parseGraph(JSON.stringify(graph))).rejects.toMatchObject({
      code: 'GraphInvalid',
      message: expect.stringContaining(problem) as string,
    });
  });

  it('is refused when it is too long', async () => {
    const text = JSON.stringify(good);
    await expect(parseGraph(text, { maxLength: 100 })).rejects.toThrow('too long');
    expect((await parseGraph(text, { maxLength: text.length })).name).toBe('flow');
  });
});

test('the published JSON Schema is that of the code: node scripts/generate-graph-schema.mjs', () => {
  const published = new URL('../../src/graph.schema.json', import.meta.url);
  expect(JSON.parse(readFileSync(published, 'utf8'))).toEqual(graphJsonSchema());
});
