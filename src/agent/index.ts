export { type AgentJob, type AgentOptions, openAgentJob } from './agent-job.ts';
export { type AgentPlaces, type AgentSettings, readAgentSettings } from './agent-settings.ts';
export { collect } from './collect.ts';
export { ecsEnd } from './ends/ecs-end.ts';
export type { ContainerEnd, EndSource } from './ends/end-source.ts';
export { endOf, kubernetesEnd } from './ends/kubernetes-end.ts';
export { toldEnd } from './ends/told-end.ts';
export { feed } from './feed.ts';
export { type PrepareOptions, prepare } from './prepare.ts';
