/** The door to the router: where tasks run, and why. Pure. */
export { type ActualCost, actualCost, type RunJob } from './actual-cost.ts';
export { type Bill, billOf, withinCap } from './billing.ts';
export { type ChooseOptions, choosePlatform, type OwnMachine } from './choose.ts';
export { DEFAULT_RULES } from './default-rules.ts';
export { factsOf, type KnownOfTask, type TaskFacts } from './facts.ts';
export { packPlan, unpackPlan } from './pack-plan.ts';
export type { Choice, ConsideredPlace, Place } from './place.ts';
export { type PlanOptions, type PlanStep, planGraph, type RunPlan } from './plan.ts';
export { AUTO_PLATFORM, isPlatformName, PLATFORM_NAMES, type PlatformName } from './platform-names.ts';
export { type CompiledRule, compileRules } from './rules.ts';
export { secondsText, usdText } from './texts.ts';
