import { describe, expect, expectTypeOf, it } from 'vitest';
import type * as z from 'zod';
import { parseGraph, serializeGraph, type WorkflowGraph } from '../../src/graph/index.ts';
import { graphJsonSchema, type graphSchema } from '../../src/graph/schema.ts';
import { add, bundled, graphOf } from './graphs.ts';

type Parsed = z.infer<typeof graphSchema>;

/** What two types say apart from readonly and `| undefined` of optional properties. */
type Plain<Value> = Value extends readonly (infer Item)[]
  ? Plain<Item>[]
  : Value extends object
    ? { -readonly [Key in keyof Value]: Plain<Exclude<Value[Key], undefined>> }
    : Value;

describe('the schema', () => {
  it('has the keys of the types, at every level that has names of its own', () => {
    expectTypeOf<keyof Parsed>().toEqualTypeOf<keyof WorkflowGraph>();
    expectTypeOf<keyof Parsed['nodes'][number]>().toEqualTypeOf<keyof WorkflowGraph['nodes'][number]>();
    type Of<Graph extends { tasks: Readonly<Record<string, { type: string }>> }, Type> = Extract<
      Graph['tasks'][string],
      { type: Type }
    >;
    expectTypeOf<keyof Of<Parsed, 'function'>>().toEqualTypeOf<keyof Of<WorkflowGraph, 'function'>>();
    expectTypeOf<keyof Of<Parsed, 'training'>>().toEqualTypeOf<keyof Of<WorkflowGraph, 'training'>>();
    expectTypeOf<keyof Of<Parsed, 'processing'>>().toEqualTypeOf<keyof Of<WorkflowGraph, 'processing'>>();
    expectTypeOf<keyof Of<Parsed, 'batch_transform'>>().toEqualTypeOf<
      keyof Of<WorkflowGraph, 'batch_transform'>
    >();
  });

  it('says the same as the types, both ways, but for code that is not bundled yet', () => {
    type Task<Graph extends { tasks: Readonly<Record<string, object>> }> = Graph['tasks'][string];
    type WithoutCode<Value> = Value extends { type: string } ? Omit<Value, 'script' | 'code'> : never;
    type Tasks<Graph extends { tasks: Readonly<Record<string, object>> }> = Plain<WithoutCode<Task<Graph>>>;
    expectTypeOf<Plain<Omit<Parsed, 'outputs' | 'nodes' | 'tasks'>>>().toExtend<
      Plain<Omit<WorkflowGraph, 'outputs' | 'nodes' | 'tasks'>>
    >();
    expectTypeOf<Plain<Omit<WorkflowGraph, 'outputs' | 'nodes' | 'tasks'>>>().toExtend<
      Plain<Omit<Parsed, 'outputs' | 'nodes' | 'tasks'>>
    >();
    expectTypeOf<Tasks<Parsed>>().toExtend<Tasks<WorkflowGraph>>();
    expectTypeOf<Tasks<WorkflowGraph>>().toExtend<Tasks<Parsed>>();
  });

  it('is published as JSON Schema', () => {
    const schema = graphJsonSchema() as { required: string[]; properties: Record<string, unknown> };
    expect(schema.required).toContain('nodes');
    expect(schema.properties).toHaveProperty('tasks');
  });
});

describe('parseGraph', () => {
  const graph = graphOf(
    [
      { id: 'one', task: 'add', inputs: { a: { literal: 1 } } },
      { id: 'two', task: 'add', inputs: { a: { node: 'one', output: 'sum' } }, after: ['one'] },
    ],
    { tasks: { add, train: bundled } },
  );

  it('reads back what serializeGraph wrote, frozen', async () => {
    const read = await parseGraph(serializeGraph(graph));
    expect(read).toEqual(graph);
    expect(Object.isFrozen(read.nodes[0]?.inputs)).toBe(true);
  });

  it('takes the graph of a run that began when its rules were looser', async () => {
    const tasks = { train: { ...bundled, instanceType: 'ml.m5.huge' } };
    const text = JSON.stringify(graphOf([], { tasks }));
    await expect(parseGraph(text)).rejects.toThrow('no instance type');
    expect(await parseGraph(text, { recorded: true })).toMatchObject({ tasks });
  });

  it.each([
    ['no JSON', '{', 'The graph is no JSON'],
    ['another version', '{"version":9}', 'version: expected 2, got 9.'],
    ['another type', JSON.stringify({ ...graph, nodes: 3 }), 'nodes: Invalid input'],
    ['a field that nobody knows', JSON.stringify({ ...graph, color: 'red' }), 'color'],
    ['a broken rule', JSON.stringify({ ...graph, nodes: graph.nodes.slice(1) }), "there is no node 'one'"],
  ])('refuses %s', async (_title, text, message) => {
    await expect(parseGraph(text)).rejects.toMatchObject({
      code: 'GraphInvalid',
      message: expect.stringContaining(message) as string,
    });
  });
});

it('a graph that an editor has given a byte-order mark is read', async () => {
  const text = JSON.stringify({
    version: 2,
    name: 'graph',
    interface: { inputs: {}, outputs: {} },
    outputs: {},
    tasks: {},
    nodes: [],
  });
  expect(await parseGraph(`\uFEFF${text}`, { recorded: true })).toMatchObject({ name: 'graph' });
});

it('a version that is far too long is told shortly', async () => {
  const text = JSON.stringify({ version: 'x'.repeat(1_000_000) });
  await expect(parseGraph(text)).rejects.toMatchObject({
    message: `version: expected 2, got "${'x'.repeat(99)}.`,
  });
});
