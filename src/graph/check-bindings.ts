import { suggest } from '../core/suggest.ts';
import { place, type Report } from './problems.ts';
import { taskOf } from './task-of.ts';
import type { Binding, GraphNode, Interface, Task, Variable, VariableType, WorkflowGraph } from './types.ts';
import { isAssignable, isRequired, valueProblem } from './values.ts';

/** Checks every input of every node, every output of the workflow, and `after`. */
export function checkBindings(graph: WorkflowGraph, report: Report): void {
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const scope: CheckScope = { graph, nodes, report };
  for (const node of graph.nodes) checkNode(scope, node);
  checkDefaults('The workflow', graph.interface, report);
  for (const [name, variable] of Object.entries(graph.interface.outputs)) {
    const binding = Object.hasOwn(graph.outputs, name) ? graph.outputs[name] : undefined;
    if (binding) checkBinding(scope, `The workflow's output '${name}'`, binding, variable.type);
    else report(`The workflow's output '${name}' has no value.`);
  }
}

/** Checks the defaults of inputs against their types. */
export function checkDefaults(owner: string, { inputs }: Interface, report: Report): void {
  for (const [name, variable] of Object.entries(inputs)) {
    const problem =
      variable.default === undefined ? undefined : valueProblem(variable.type, variable.default);
    if (problem) report(`${owner}: the default of input '${name}': ${problem}.`);
  }
}

interface CheckScope {
  readonly graph: WorkflowGraph;
  readonly nodes: ReadonlyMap<string, GraphNode>;
  readonly report: Report;
}

function checkNode(scope: CheckScope, node: GraphNode): void {
  const task = taskOf(scope.graph, node.task);
  for (const id of node.after ?? []) {
    if (!scope.nodes.has(id)) {
      scope.report(
        `${subject(node, task)}: 'after' names the unknown node '${id}'. ${suggest(id, scope.nodes.keys())}`,
      );
    }
  }
  if (!task) return;
  const { inputs } = task.interface;
  for (const name in node.inputs) checkInput(scope, node, task, name);
  for (const name in inputs) {
    if (!Object.hasOwn(node.inputs, name) && isRequired(inputs[name] as Variable)) {
      scope.report(`${subject(node, task)}: the ${inputWord(task, name)} '${name}' is missing.`);
    }
  }
}

function checkInput(scope: CheckScope, node: GraphNode, task: Task, name: string): void {
  const variable = Object.hasOwn(task.interface.inputs, name) ? task.interface.inputs[name] : undefined;
  if (!variable) {
    const known = Object.keys(task.interface.inputs);
    scope.report(
      `${subject(node, task)}: there is no ${inputWord(task, name)} '${name}'. ${suggest(name, known)}`,
    );
    return;
  }
  const binding = node.inputs[name] as Binding;
  checkBinding(
    scope,
    () => `${subject(node, task)}: the ${inputWord(task, name)} '${name}'`,
    binding,
    variable.type,
  );
}

/** What SageMaker calls an input of this task. */
function inputWord(task: Task, name: string): string {
  return task.type === 'training' && name !== 'hyperparameters' ? 'channel' : 'input';
}

function subject(node: GraphNode, task: Task | undefined): string {
  const names = node.id === node.task ? `Task '${node.task}'` : `Task '${node.task}', node '${node.id}'`;
  return `${names}${place(task)}`;
}

/** `what` is a function where many are checked and few fail. */
function checkBinding(
  scope: CheckScope,
  what: string | (() => string),
  binding: Binding,
  type: VariableType,
): void {
  const problem = bindingProblem(scope, binding, type);
  if (problem !== undefined) scope.report(`${typeof what === 'string' ? what : what()}: ${problem}.`);
}

function bindingProblem(scope: CheckScope, binding: Binding, type: VariableType): string | undefined {
  if ('literal' in binding) return valueProblem(type, binding.literal);
  if ('input' in binding) return inputProblem(scope, binding.input, type);
  if ('node' in binding) return outputProblem(scope, binding.node, binding.output, type);
  if (type !== 'json') return `expected ${type}, got ${'list' in binding ? 'a list' : 'an object'}`;
  const parts = 'list' in binding ? binding.list : Object.values(binding.map);
  for (const part of parts) {
    const problem = bindingProblem(scope, part, 'json');
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function inputProblem({ graph }: CheckScope, name: string, type: VariableType): string | undefined {
  const { inputs } = graph.interface;
  const variable = Object.hasOwn(inputs, name) ? inputs[name] : undefined;
  if (!variable)
    return `the workflow has no input '${name}'. ${suggest(name, Object.keys(inputs)).slice(0, -1)}`;
  if (isAssignable(variable.type, type)) return undefined;
  return `expected ${type}, got the workflow's input '${name}', which is ${variable.type}`;
}

function outputProblem(
  scope: CheckScope,
  id: string,
  output: string,
  type: VariableType,
): string | undefined {
  const node = scope.nodes.get(id);
  if (!node) return `there is no node '${id}'. ${suggest(id, scope.nodes.keys()).slice(0, -1)}`;
  const outputs = taskOf(scope.graph, node.task)?.interface.outputs;
  if (!outputs) return undefined;
  const variable = Object.hasOwn(outputs, output) ? outputs[output] : undefined;
  if (!variable)
    return `node '${id}' has no output '${output}'. ${suggest(output, Object.keys(outputs)).slice(0, -1)}`;
  if (isAssignable(variable.type, type)) return undefined;
  return `expected ${type}, got the output '${output}' of node '${id}', which is ${variable.type}`;
}
