/**
 * IAM's simulator over the roles of this account.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html. Gaps: no policies of
 * resources, no boundaries, no places of statements in their documents.
 */
import {
  evaluatePolicies,
  type PolicyDocument,
  parsePolicy,
  type RequestContext,
} from '../../contract/iam/index.ts';
import { AwsError } from '../wire/aws-error.ts';
import { requirePolicy } from './iam-errors.ts';
import { type PageRequest, pageOf } from './iam-page.ts';
import type { RoleStore } from './role-store.ts';

interface SimulateInput extends PageRequest {
  readonly ActionNames: readonly string[];
  readonly ResourceArns?: readonly string[];
  readonly ContextEntries?: readonly {
    readonly ContextKeyName?: string;
    readonly ContextKeyValues?: readonly string[];
  }[];
  readonly PolicyInputList?: readonly string[];
}

interface Source {
  readonly id: string;
  readonly type: string;
  readonly policy: PolicyDocument;
}

/** SimulatePrincipalPolicy and SimulateCustomPolicy. */
export function simulateOperations(store: RoleStore) {
  return {
    async SimulatePrincipalPolicy(input: SimulateInput & { readonly PolicySourceArn: string }) {
      const name = /:role\/(?:.*\/)?([^/]+)$/.exec(input.PolicySourceArn)?.[1];
      if (name === undefined)
        throw new AwsError(
          'InvalidInput',
          `Invalid Entity Arn: ${input.PolicySourceArn} does not clearly define entity type and name.`,
        );
      const documents = await store.documentsOf(await store.get(name));
      return simulate(
        input,
        documents && [
          ...documents.map(({ id, document }) => sourceOf(id, 'IAM Policy', document)),
          ...customOf(input),
        ],
      );
    },
    SimulateCustomPolicy: async (input: SimulateInput) => simulate(input, customOf(input)),
  };
}

function customOf({ PolicyInputList: list = [] }: SimulateInput): Source[] {
  return list.map((document, index) => {
    requirePolicy(document, 'identity');
    return sourceOf(`PolicyInputList.${index + 1}`, 'IAM Policy', document);
  });
}

function sourceOf(id: string, type: string, document: string): Source {
  return { id, type, policy: parsePolicy(document) };
}

/** Every action on every resource, a page at a time. @param sources undefined: everything is allowed */
function simulate(input: SimulateInput, sources: readonly Source[] | undefined) {
  const { ActionNames: actions, ResourceArns } = input;
  const resources = ResourceArns?.length ? ResourceArns : ['*'];
  const { start, end, facts } = pageOf(actions.length * resources.length, input);
  const context: RequestContext = Object.fromEntries(
    (input.ContextEntries ?? []).map(({ ContextKeyName: key = '', ContextKeyValues: values = [] }) => [
      key.toLowerCase(),
      values,
    ]),
  );
  const results = Array.from({ length: end - start }, (_, index) => {
    const place = start + index;
    const action = actions[Math.floor(place / resources.length)] as string;
    return evaluate(sources, action, resources[place % resources.length] as string, context);
  });
  return { ...facts, EvaluationResults: results };
}

function evaluate(
  sources: readonly Source[] | undefined,
  action: string,
  resource: string,
  context: RequestContext,
) {
  const found =
    sources &&
    evaluatePolicies(
      sources.map(({ policy }) => policy),
      { action, resource, context },
    );
  return {
    EvalActionName: action,
    EvalResourceName: resource,
    EvalDecision: found?.decision ?? 'allowed',
    MatchedStatements: (found?.matched ?? []).map(({ policy }) => ({
      SourcePolicyId: sources?.[policy]?.id,
      SourcePolicyType: sources?.[policy]?.type,
    })),
    MissingContextValues: [],
  };
}
