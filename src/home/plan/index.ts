/** The door to plans: where the steps of a run go, by all that a home knows, and whether that may cost what it costs. */
export { approveCost, costNotApproved } from './approve-cost.ts';
export { resumeNotApproved } from './approve-resume.ts';
export { jobPrices } from './job-prices.ts';
export { enabledPlatforms, planRun } from './plan-run.ts';
export { type CostRow, type Costs, readCosts, sumOf } from './read-costs.ts';
