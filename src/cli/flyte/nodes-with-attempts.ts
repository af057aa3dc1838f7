import { mapAtOnce } from '../../core/for-each-at-once.ts';
import {
  type AttemptState,
  type ExecutionId,
  type FlyteAdmin,
  listAttempts,
  listNodes,
  type NodeState,
} from '../../flyte/registration/index.ts';

/** Nodes that are asked for at the same time. */
const AT_ONCE = 8;

/** A node that has begun, with the attempts of its task. */
export interface NodeWithAttempts extends NodeState {
  readonly attempts: readonly AttemptState[];
}

/**
 * The nodes of an execution that have begun, with their attempts.
 *
 * @param node one alone. @default all
 * @throws SluiceError as FlyteAdmin
 */
export async function nodesWithAttempts(
  admin: FlyteAdmin,
  id: ExecutionId,
  node?: string,
): Promise<NodeWithAttempts[]> {
  const nodes = (await listNodes(admin, id)).filter((each) => (node ?? each.id) === each.id);
  return mapAtOnce(nodes, AT_ONCE, async (each) => ({
    ...each,
    attempts: await listAttempts(admin, id, each.id),
  }));
}
