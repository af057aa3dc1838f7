/** The door to functions in containers of Flyte. */
export { GRAPH_VARIABLE } from '../registration/plan/function-container.ts';
export { executeFunction } from './execute-function.ts';
export { openFlytePlaces } from './flyte-places.ts';
