import { describe, expect, it } from 'vitest';
import { findCycle, type GraphNode, readTopology, topologicalOrder } from '../../src/graph/index.ts';

const node = (id: string, ...after: string[]): GraphNode => ({ id, task: 't', inputs: {}, after });
const named = (nodes: readonly GraphNode[], positions: readonly number[] = []): string =>
  positions.map((position) => nodes[position]?.id).join(' ');

describe('the topology', () => {
  it('reads dependencies from every depth of the bindings, each once', () => {
    const reference = { node: 'a', output: 'x' };
    const nodes = [
      node('a'),
      {
        ...node('b', 'a'),
        inputs: { one: reference, many: { list: [reference, { map: { deep: reference } }] } },
      },
    ];
    expect(readTopology(nodes)).toMatchObject({ dependencies: [[], [0]], dependents: [[1], []] });
  });

  it('orders nodes after what they wait for', () => {
    const nodes = [node('d', 'b', 'c'), node('b', 'a'), node('c', 'a'), node('a')];
    expect(named(nodes, topologicalOrder(readTopology(nodes)))).toBe('a b c d');
  });

  it('finds a cycle behind and before other nodes', () => {
    const nodes = [node('start'), node('a', 'c', 'start'), node('b', 'a'), node('c', 'b'), node('end', 'c')];
    expect(named(nodes, findCycle(readTopology(nodes)))).toBe('a b c a');
  });

  it('takes a chain of 100,000 nodes without recursion', () => {
    const nodes = Array.from({ length: 100_000 }, (_, index) =>
      node(`n${index}`, ...(index ? [`n${index - 1}`] : [])),
    );
    expect(topologicalOrder(readTopology(nodes))).toHaveLength(100_000);
  });
});
