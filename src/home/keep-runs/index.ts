/** The door to the runs of others that a server or a connector carries out. */
export { checkBundles, checkRemoteGraph, checkRemoteInputs, parseRemoteGraph } from './check-remote-graph.ts';
export { RunKeeper } from './run-keeper.ts';
export { type RunLimits, readRunLimits, unpackLimits } from './run-limits.ts';
