/** The door to the router: where tasks run, and why. Pure. */
export { actualCost } from './actual-cost.ts';
export { billOf, bills, withinCap } from './billing.ts';
export type { OwnMachine } from './choose-options.ts';
export type { KnownOfTask } from './facts.ts';
export { packPlan, unpackPlan } from './pack-plan.ts';
export type { ConsideredPlace, Place } from './place.ts';
export { type PlanStep, planGraph, type RunPlan } from './plan.ts';
export { AUTO_PLATFORM, isPlatformName, PLATFORM_NAMES, type PlatformName } from './platform-names.ts';
export { compileRules } from './rules.ts';
export { secondsText, usdText } from './texts.ts';
