import { describe, expect, it } from 'vitest';
import { areNodes } from '../../src/graph/are-nodes.ts';
import { parseGraph } from '../../src/graph/index.ts';
import { graphSchema } from '../../src/graph/schema.ts';

const graph = { version: 2, name: 'graph', interface: { inputs: {}, outputs: {} }, outputs: {}, tasks: {} };
const node = { id: 'one', task: 'add', inputs: {} };
const bound = (binding: unknown) => ({ ...node, inputs: { a: binding } });
/** Keys of its own, `__proto__` among them, come from text alone. */
const read = (text: string): unknown => JSON.parse(text);

const nodes: readonly (readonly [value: unknown, are: boolean])[] = [
  [[], true],
  [[node, { ...node, after: [] }, { ...node, after: ['two'] }], true],
  ...[0, '', true, null, [1, [null]], { a: { b: [{}] } }].map(
    (literal) => [[bound({ literal })], true] as const,
  ),
  [[bound({ input: 'a' }), bound({ node: 'one', output: 'sum' })], true],
  [[bound({ list: [{ literal: 1 }, { map: { a: { list: [] }, b: { input: 'b' } } }] })], true],
  ...[undefined, null, {}, 'nodes', [null], [[]], [1], [{}]].map((value) => [value, false] as const),
  ...['id', 'task', 'inputs', 'after'].map((key) => [[{ ...node, [key]: 1 }], false] as const),
  ...['id', 'task', 'inputs'].map(
    (key) => [[Object.fromEntries(Object.entries(node).filter(([name]) => name !== key))], false] as const,
  ),
  [[{ ...node, other: 1 }], false],
  [[{ ...node, inputs: [] }], false],
  [[{ ...node, after: [1] }], false],
  [[{ ...node, after: 'one' }], false],
  [[{ id: 'one', task: 'add', after: [] }], false],
  ...[
    null,
    [],
    {},
    'literal',
    { other: 1 },
    { input: 1 },
    { node: 'one' },
    { output: 'sum' },
    { node: 'one', output: 1 },
    { node: 'one', input: 'a' },
    { node: 'one', output: 'sum', literal: 1 },
    { literal: 1, input: 'a' },
    { list: {} },
    { list: [1] },
    { map: [] },
    { map: { a: 1 } },
    { map: { a: { list: [null] } } },
    read('{"literal":1e999}'),
    read('{"literal":[{"a":-1e999}]}'),
  ].map((binding) => [[bound(binding)], false] as const),
];

describe('areNodes', () => {
  it.each(nodes)('says the same as the schema of %j', (value, are) => {
    expect(areNodes(value)).toBe(are);
    expect(graphSchema.safeParse({ ...graph, nodes: value }).success).toBe(are);
  });

  it.each([
    '[{"id":"a","task":"add","inputs":{"__proto__":{"literal":1}}}]',
    '[{"id":"a","task":"add","inputs":{"a":{"literal":{"__proto__":1}}}}]',
    '[{"id":"a","task":"add","inputs":{"a":{"map":{"__proto__":{"literal":1}}}}}]',
    '[{"id":"a","task":"add","inputs":{},"__proto__":{}}]',
    '[{"id":"a","task":"add","inputs":{"a":{"__proto__":1}}}]',
  ])('leaves a prototype to the schema: %s', (text) => {
    expect(areNodes(read(text))).toBe(false);
  });

  it('lets a graph tell of what else is wrong with it', async () => {
    const text = JSON.stringify({ ...graph, nodes: [node], name: 1 });
    await expect(parseGraph(text)).rejects.toThrow(/\n {2}name: /);
  });
});
