// Needs: python
import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test, vi } from 'vitest';
import { homePaths } from '../../src/core/home.ts';
import type { WorkflowGraph } from '../../src/graph/index.ts';
import { createRun, openDatabase, saveRun } from '../../src/state/index.ts';
import { lastJson, writeFiles } from '../harness/pipelines.ts';
import { sluice, temporaryDirectories } from '../harness/sluice.ts';

const temporaryDirectory = temporaryDirectories();

// Each starts the program several times.
vi.setConfig({ testTimeout: 300_000 });

const project = {
  'package.json': '{ "name": "flow", "type": "module", "scripts": { "x": "y" } }',
  'flows/pipeline.ts': `import { integer, processingTask, task, uri, workflow } from 'sluice';
import { addTo } from '../lib/add.ts';

const first = task('first', { inputs: { n: integer() }, outputs: { n: integer() } }, ({ n }) => ({ n: addTo(n) }));
const work = processingTask('work', {
  script: '../steps/work.py', instanceType: 'ml.m5.large', inputs: ['data'], outputs: ['out'],
  environment: { MODE: 'quick' },
});
const last = task('last', { inputs: { out: uri() }, outputs: { text: uri() } }, ({ out }) => ({ text: out }));

export default workflow('flow', { inputs: { data: uri({ default: '../data' }), n: integer({ default: 1 }) } }, ({ data, n }) => {
  const one = first({ n });
  const done = work({ data }, { after: [one] });
  return { text: last({ out: done.out }).text, n: one.n };
});
`,
  'lib/add.ts': 'export const addTo = (n: number): number => n + 1;\n',
  'steps/work.py': `import os, sys
text = open('/opt/ml/processing/input/data/words' if os.path.exists('/opt/ml/processing/input/data/words') else sys.exit('no data')).read()
if 'broken' in text: sys.exit('broken data')
print('did the work')
`,
  'data/words': 'well',
};

async function checkout(files: Readonly<Record<string, string>> = {}): Promise<string> {
  const directory = await temporaryDirectory();
  await writeFiles(directory, { ...project, ...files });
  return directory;
}

async function compiled(file: string): Promise<{ graph: WorkflowGraph; text: string; hash: string }> {
  const out = join(await temporaryDirectory(), 'graph.json');
  const { code, stdout, stderr } = await sluice(['compile', file, '-o', out, '--no-bundles', '--json']);
  if (code !== 0) throw new Error(stderr);
  const text = await readFile(out, 'utf8');
  return {
    graph: JSON.parse(text) as WorkflowGraph,
    text,
    hash: (lastJson(stdout) as { hash: string }).hash,
  };
}

test('a graph is the same in every checkout, also behind a link, and names nothing of the machine', async () => {
  const [one, two] = [
    await checkout(),
    await checkout({ 'package.json': '{"type":"module","name":"flow"}' }),
  ];
  const deep = join(two, 'a/b');
  await mkdir(deep, { recursive: true });
  await cp(one, join(deep, 'c'), { recursive: true });
  await symlink(join(deep, 'c'), join(two, 'link'));
  const { text, hash } = await compiled(join(one, 'flows/pipeline.ts'));
  for (const place of [two, join(deep, 'c'), join(two, 'link')])
    expect(await compiled(join(place, 'flows/pipeline.ts'))).toMatchObject({ text, hash });
  expect(text).not.toMatch(/"[^"]*(?:file:\/\/|\/tmp\/|directory)/);
  expect(text).toContain('"file:../data"');
  expect(text).toContain('"file": "flows/pipeline.ts:5"');
});

test('a graph has another hash when a byte of a script or of an imported module differs, and no other for a comment on it', async () => {
  const place = await checkout();
  const file = join(place, 'flows/pipeline.ts');
  const { hash, graph } = await compiled(file);
  await writeFile(join(place, 'steps/work.py'), `${project['steps/work.py']}#`);
  const script = await compiled(file);
  await writeFile(join(place, 'lib/add.ts'), `${project['lib/add.ts']}// 2`);
  const module = await compiled(file);
  expect(new Set([hash, script.hash, module.hash]).size).toBe(3);
  expect(module.graph.tasks['work']).toEqual(script.graph.tasks['work']);
  expect(script.graph.tasks['first']).toEqual(graph.tasks['first']);
  expect(module.graph.tasks['first']).not.toEqual(graph.tasks['first']);
});

test('the published schema accepts what compile writes, and no change of its form', async () => {
  const schemaFile = fileURLToPath(new URL('../../src/graph.schema.json', import.meta.url));
  const validate = new Ajv2020({ strict: false }).compile(
    JSON.parse(await readFile(schemaFile, 'utf8')) as object,
  );
  const { graph } = await compiled(join(await checkout(), 'flows/pipeline.ts'));
  validate(graph);
  expect(validate.errors).toBeNull();
  const [work, first] = [graph.tasks['work'], graph.tasks['first']];
  const entry = (path: string) => ({
    ...work,
    script: { ...(work as { script: object }).script, entry: path },
  });
  const wrong: object[] = [
    { ...graph, version: 3 },
    { ...graph, color: 'red' },
    { ...graph, nodes: {} },
    { ...graph, tasks: { ...graph.tasks, work: entry('/etc/passwd') } },
    { ...graph, tasks: { ...graph.tasks, work: entry('../work.py') } },
    {
      ...graph,
      tasks: { ...graph.tasks, work: { ...work, script: { entry: 'a', directory: '/', whole: true } } },
    },
    { ...graph, tasks: { ...graph.tasks, work: { ...work, instanceCount: 0 } } },
    { ...graph, tasks: { ...graph.tasks, first: { ...first, code: { entry: 'a', workflow: 'b' } } } },
    { ...graph, outputs: { n: { node: 'first' } } },
  ];
  expect(wrong.filter((each) => validate(each))).toEqual([]);
});

test('a graph runs from another directory when its sources are gone', async () => {
  const place = await checkout();
  const out = await temporaryDirectory();
  const home = join(out, 'home');
  const written = await sluice(['compile', join(place, 'flows/pipeline.ts'), '-o', `${out}/there/`]);
  expect(written).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('file:../data lies beside') as string,
  });
  await rm(place, { recursive: true });
  await writeFiles(out, { 'data/words': 'well' });
  const run = await sluice(['run', join(out, 'there/graph.json'), '--json'], { home, cwd: '/' });
  expect(run.stderr).toBe('');
  expect(lastJson(run.stdout)).toMatchObject({ phase: 'Succeeded', outputs: { n: 2 } });
  // What is kept in the store need not come along again.
  await rm(join(out, 'there/bundles'), { recursive: true });
  expect((await sluice(['run', join(out, 'there/graph.json')], { home, cwd: '/' })).code).toBe(0);
  const elsewhere = await sluice(['run', join(out, 'there/graph.json'), '--json'], {
    home: join(out, 'home2'),
  });
  expect(JSON.parse(elsewhere.stderr)).toMatchObject({ error: { code: 'BundleNotFound' } });
});

test.each([
  ['out', 'out/graph.json'],
  ['out/', 'out/graph.json'],
  ['flow.json', 'flow.json'],
])('compile -o %s writes %s', async (output, graph) => {
  const directory = await checkout();
  const { code } = await sluice([
    'compile',
    join(directory, 'flows/pipeline.ts'),
    '-o',
    join(directory, output),
  ]);
  expect(code).toBe(0);
  expect(JSON.parse(await readFile(join(directory, graph), 'utf8'))).toHaveProperty('version', 2);
});

test('packages of functions are taken from where the graph lies, and told of where they are not there', async () => {
  const thing = {
    'node_modules/thing/package.json': '{"name":"thing","type":"module","exports":"./index.js"}',
    'node_modules/thing/index.js': 'export const seven = 7;',
  };
  const place = await checkout({
    ...thing,
    'flow.ts': `import { integer, task, workflow } from 'sluice';
import { seven } from 'thing';
const one = task('one', { outputs: { n: integer() } }, () => ({ n: seven }));
export default workflow('flow', {}, () => ({ n: one({}).n }));`,
  });
  const out = await temporaryDirectory();
  expect((await sluice(['compile', join(place, 'flow.ts'), '-o', `${out}/`])).code).toBe(0);
  const run = () => sluice(['run', join(out, 'graph.json'), '--json'], { home: join(out, 'home'), cwd: '/' });
  const error = expect.objectContaining({
    message: expect.stringContaining("The function of task 'one': ") as string,
    hint: 'Packages are no part of a bundle: install them (npm install) in the directory of the graph.',
  }) as object;
  expect(JSON.parse((await run()).stderr)).toMatchObject({ error });
  await writeFiles(out, thing);
  expect(lastJson((await run()).stdout)).toMatchObject({ phase: 'Succeeded', outputs: { n: 7 } });
});

test('runs resume takes code that has changed, says of which tasks, and refuses to mix it with what has succeeded', async () => {
  const place = await checkout({ 'data/words': 'broken' });
  const home = join(place, 'home');
  const file = join(place, 'flows/pipeline.ts');
  const { id } = lastJson((await sluice(['run', file, '--json'], { home })).stdout) as { id: string };
  await writeFile(join(place, 'data/words'), 'well');
  // The function that has succeeded says something else now.
  await writeFile(file, project['flows/pipeline.ts'].replace('n: addTo(n)', 'n: addTo(n) + 1'));
  await writeFile(join(place, 'steps/work.py'), `${project['steps/work.py']}print('anew')\n`);
  const refused = await sluice(['runs', 'resume', id], { home });
  expect(refused.stderr).toContain(
    "(task 'first': its function in flows/pipeline.ts changed; task 'work': work.py changed)",
  );
  expect(refused.stderr).toContain('--current');
  const options = project['flows/pipeline.ts'].replace("'quick'", "'slow'").replace('m5.large', 'm5.xlarge');
  await writeFile(file, options);
  expect((await sluice(['runs', 'resume', id, '--current'], { home })).stderr).toContain(
    'task \'work\': work.py changed; instanceType "ml.m5.large" → "ml.m5.xlarge"; environment.MODE changed',
  );
  await writeFile(file, project['flows/pipeline.ts']);
  const resumed = await sluice(['runs', 'resume', id], { home });
  expect(resumed.stderr).toContain("task 'work': work.py changed; it runs as it is now.");
  expect(resumed.code).toBe(0);
  expect((await sluice(['runs', 'logs', id, 'work'], { home })).stdout).toContain('anew');
});

test('a run of version 1 is carried on by the version that came after it', async () => {
  const place = await temporaryDirectory();
  const fixture = fileURLToPath(new URL('../fixtures/engine/v1', import.meta.url));
  await cp(fixture, place, { recursive: true });
  await writeFile(join(place, 'data.csv'), 'good');
  const rows = JSON.parse(
    (await readFile(join(fixture, 'rows.json'), 'utf8')).replaceAll('@DIRECTORY@', place),
  ) as { graphs: Row[]; runs: Row[]; nodes: Row[] };
  const [run, graph] = [rows.runs[0] as Row, rows.graphs[0] as Row];
  const home = join(place, 'home');
  const state = await openDatabase(homePaths(home));
  const lease = await createRun(state, {
    id: run['id'] as string,
    workflow: 'diagnosis',
    file: run['file'] as string,
    graphHash: graph['hash'] as string,
    graph: graph['graph'] as string,
    nodeCount: 2,
    inputs: JSON.parse(run['inputs'] as string) as Record<string, never>,
    options: { failurePolicy: 'FAIL_IMMEDIATELY' },
    time: run['created_at'] as number,
  });
  await saveRun(state, {
    run: run['id'] as string,
    lease,
    nodes: [
      { id: 'count', position: 0, phase: 'Succeeded', attempt: 1, systemFailures: 0, outputs: { n: 2 } },
      { id: 'train', position: 1, phase: 'Failed', attempt: 1, systemFailures: 0 },
    ],
    end: { phase: 'Failed', error: { code: 'JobFailed', message: 'not yet', fault: 'user' } },
    time: run['updated_at'] as number,
  });
  await state.close();
  const resumed = await sluice(['runs', 'resume', run['id'] as string, '--json'], { home });
  expect(resumed.stderr).toBe('');
  expect(lastJson(resumed.stdout)).toMatchObject({ phase: 'Succeeded', outputs: { n: 2 } });
});

type Row = Readonly<Record<string, string | number | null>>;

test.each([
  ['a newer version', { version: 3 }, 'version: expected 2, got 3.', 'A newer Sluice has written it'],
  ['version 1', { version: 1 }, 'version: expected 2, got 1.', 'compile the workflow again'],
  ['no version', { name: 'x' }, 'version: expected 2, got nothing.', 'sluice compile FILE writes one'],
])('a graph of %s is refused with what to do', async (_title, graph, message, hint) => {
  const place = await temporaryDirectory();
  await writeFiles(place, { 'graph.json': JSON.stringify(graph) });
  const { code, stderr } = await sluice(['run', join(place, 'graph.json')], { home: join(place, 'home') });
  expect(code).toBe(1);
  expect(stderr).toContain(message);
  expect(stderr).toContain(hint);
});
