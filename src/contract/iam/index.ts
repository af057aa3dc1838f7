export type { RequestContext } from './conditions.ts';
export { evaluatePolicies } from './evaluate-policies.ts';
export { managedPolicies } from './managed-policies.gen.ts';
export { matchPattern } from './match-pattern.ts';
export { type PolicyDocument, parsePolicy } from './policy-document.ts';
export { findPolicyProblem, type PolicyUse } from './validate-policy.ts';
