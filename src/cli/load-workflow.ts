import { SluiceError } from '../core/errors.ts';
import { suggest } from '../core/suggest.ts';
import { isWorkflow, type Workflow } from '../sdk/index.ts';
import { importUserFile } from './import-user-file.ts';

/**
 * Loads a workflow from a user's file: the one of this name, or the only one there is.
 *
 * @throws SluiceError `WorkflowFileInvalid`, `WorkflowNotFound`, and `GraphInvalid` from the file itself
 */
export async function loadWorkflow(path: string, name?: string): Promise<Workflow> {
  const exported = await importUserFile(path);
  const found = workflowsOf(path, exported);
  if (name === undefined) return only(path, found);
  const named = found.find((each) => each.name === name) ?? exported[name];
  if (isWorkflow(named)) return named;
  throw new SluiceError('WorkflowNotFound', `'${path}' exports no workflow '${name}'.`, {
    hint: suggest(
      name,
      found.map((each) => each.name),
    ),
  });
}

/** Loads all workflows of a user's file, one at least. @throws as {@link loadWorkflow} */
export async function loadWorkflows(path: string): Promise<Workflow[]> {
  return workflowsOf(path, await importUserFile(path));
}

function workflowsOf(path: string, exported: Readonly<Record<string, unknown>>): Workflow[] {
  const found = [...new Set(Object.values(exported).filter(isWorkflow))];
  if (found.length === 0) throw noWorkflow(path, Object.keys(exported));
  return found;
}

function only(path: string, found: readonly Workflow[]): Workflow {
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  const names = found.map((each) => each.name);
  throw new SluiceError(
    'WorkflowNotFound',
    `'${path}' exports ${found.length} workflows: ${names.join(', ')}.`,
    {
      hint: `Say which one: sluice run ${path} ${names[0]}`,
    },
  );
}

function noWorkflow(path: string, names: readonly string[]): SluiceError {
  const list = names.length === 0 ? 'nothing' : names.join(', ');
  return new SluiceError('WorkflowNotFound', `'${path}' exports no workflow; it exports ${list}.`, {
    hint: "Export one: export default workflow('name', { inputs }, (inputs) => { … });",
  });
}
