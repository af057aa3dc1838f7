/** The door of the executors' room. */
export { type ChosenExecutor, chooseExecutor, type ExecutorName } from './choose-executor.ts';
export { createContainerExecutor, hasImage } from './container/container-executor.ts';
export type {
  ContainerOptions,
  Execution,
  ExecutionOptions,
  ExecutionResult,
  Executor,
  ExecutorCapabilities,
  ExecutorProbe,
  NetworkIsolation,
} from './executor.ts';
export { findProgram } from './find-program.ts';
export { findPython, type PythonInstallation } from './find-python.ts';
export { findJavaForSpark, findJavas, type JavaInstallation, pysparkVersion } from './find-spark.ts';
export { findGpus, type Gpus, machineGpus } from './gpu/find-gpus.ts';
export { killLeftovers } from './kill-leftovers.ts';
export { listeningPorts } from './listening-ports.ts';
export { createProcessExecutor } from './process/process-executor.ts';
export { createSandboxExecutor } from './sandbox/sandbox-executor.ts';
