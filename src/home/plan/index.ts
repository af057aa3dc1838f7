/** The door to plans: where the steps of a run go, by all that a home knows, and whether that may cost what it costs. */
export { type Approval, approveCost, costNotApproved } from './approve-cost.ts';
export { enabledPlatforms, type PlanRunOptions, planRun } from './plan-run.ts';
export { type CostRow, type Costs, type CostsFilter, readCosts, sumOf } from './read-costs.ts';
