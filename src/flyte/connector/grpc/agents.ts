import { SluiceError } from '../../../core/errors.ts';
import { isSync, type TaskTypeHandler } from '../task-type.ts';

/** flyteidl.admin.Agent */
export interface Agent {
  readonly name: string;
  readonly isSync: boolean;
  readonly supportedTaskTypes: readonly string[];
  readonly supportedTaskCategories: readonly { readonly name: string; readonly version: number }[];
}

/** Under which names Propeller finds the task types: those that take their time, and those that are one request. */
export function agentsOf(types: Readonly<Record<string, TaskTypeHandler>>): Agent[] {
  const names = Object.keys(types);
  const sync = names.filter((name) => isSync(types[name] as TaskTypeHandler));
  const others = names.filter((name) => !sync.includes(name));
  return [
    agent('Sluice Connector', false, others),
    ...(sync.length > 0 ? [agent('Sluice Sync Connector', true, sync)] : []),
  ];
}

/** @throws SluiceError `InvalidArgument` */
export function findAgent(types: Readonly<Record<string, TaskTypeHandler>>, name: string): Agent {
  const agents = agentsOf(types);
  const found = agents.find((each) => each.name === name);
  if (found) return found;
  throw new SluiceError('InvalidArgument', `There is no connector '${name}' here.`, {
    hint: `Here are: ${agents.map((each) => each.name).join(', ')}.`,
  });
}

function agent(name: string, isSyncAgent: boolean, types: readonly string[]): Agent {
  return {
    name,
    isSync: isSyncAgent,
    supportedTaskTypes: types,
    supportedTaskCategories: types.map((type) => ({ name: type, version: 0 })),
  };
}
