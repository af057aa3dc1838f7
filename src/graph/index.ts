export { resolveBindings, type Scope } from './bindings.ts';
export { checkGraph, findProblems } from './check-graph.ts';
export { checkJob } from './check-task.ts';
export { deepFreeze } from './freeze.ts';
export { parseGraph, serializeGraph } from './parse-graph.ts';
export { findCycle, readTopology, type Topology, topologicalOrder } from './topology.ts';
export * from './types.ts';
export { describeValue, isRequired, isUri, valueProblem } from './values.ts';
