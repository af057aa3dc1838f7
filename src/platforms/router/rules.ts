import { SluiceError } from '../../core/errors.ts';
import type { RouterRule } from '../../core/platforms-settings.ts';
import { suggest } from '../../core/suggest.ts';
import type { CompiledRule } from './compiled-rule.ts';
import { DEFAULT_RULES } from './default-rules.ts';
import type { Expression } from './expression/expression.ts';
import { parseExpression } from './expression/parse-expression.ts';
import { isPlatformName, PLATFORM_NAMES } from './platform-names.ts';
import { ruleConflicts } from './rule-conflicts.ts';

/**
 * Reads the rules of a configuration, or the default ones.
 *
 * @throws SluiceError `ConfigInvalid` with every problem: what cannot be read, names nothing, contradicts another rule, or
 *   never decides
 */
export function compileRules(rules: readonly RouterRule[] = DEFAULT_RULES): readonly CompiledRule[] {
  const problems: string[] = [];
  const compiled = rules.map((rule, position) => compileRule(rule, position, problems));
  // A test looks at the default ones.
  if (problems.length === 0 && rules !== DEFAULT_RULES) problems.push(...ruleConflicts(compiled));
  if (problems.length === 0) return compiled;
  throw new SluiceError('ConfigInvalid', `router.rules: ${problems.join('\n  ')}`, {
    hint: 'docs/router.md lists the facts that a rule may name, and the default rules.',
  });
}

function compileRule(rule: RouterRule, position: number, problems: string[]): CompiledRule {
  const name = rule.name ?? `number ${position + 1}`;
  const report = (problem: string): void => void problems.push(`rule '${name}': ${problem}`);
  const platforms = rule.platforms.map((each) => each.toLowerCase().replace(/^codeweave$/, 'coreweave'));
  for (const each of platforms) {
    if (!isPlatformName(each)) report(`there is no platform '${each}'. ${suggest(each, PLATFORM_NAMES)}`);
  }
  let expression: Expression = { type: 'constant', value: true };
  try {
    if (rule.when !== undefined) expression = parseExpression(rule.when);
  } catch (error) {
    report(
      `when '${rule.when}': ${(error as Error).message}${/[.?]$/.test((error as Error).message) ? '' : '.'}`,
    );
  }
  return {
    name,
    expression,
    platforms: [...new Set(platforms.filter(isPlatformName))],
    ...(rule.when !== undefined && { when: rule.when }),
  };
}
