/** The door to the runs of a home: what is told of them at length, and where their functions' output lies. */
export { functionLogDirectory, keepFunctionLine } from './function-log.ts';
export { removeRun, runUnderWay } from './remove-run.ts';
export { type NodeReport, type RunReport, readRunReport } from './run-report.ts';
