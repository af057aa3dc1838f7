/** The door to the runs of a home: what is told of them, and where their functions' output lies. */
export { functionLogDirectory, keepFunctionLine } from './function-log.ts';
export { type ShownPhase, shownPhase } from './run-phase.ts';
export { type NodeReport, type RunReport, readRunReport } from './run-report.ts';
