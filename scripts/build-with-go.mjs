// Builds what the suites under Flyte and on Kubernetes are judged by, ahead of them: a quarter of an hour of a processor.
import { kubeProgram } from './support/cluster.mjs';
import { buildFlyteJudge } from './support/flyte-judge.mjs';

await buildFlyteJudge();
await kubeProgram();
