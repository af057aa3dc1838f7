import { describe, expect, it } from 'vitest';
import { DEFAULT_RULES } from '../../../src/platforms/router/default-rules.ts';
import { ruleConflicts } from '../../../src/platforms/router/rule-conflicts.ts';
import { compileRules } from '../../../src/platforms/router/rules.ts';

describe('rules', () => {
  it('are the guide’s flowchart where none are given, every branch of which decides for some task', () => {
    expect(compileRules().map(({ name }) => name)).toEqual(DEFAULT_RULES.map(({ name }) => name));
    expect(ruleConflicts(compileRules())).toEqual([]);
  });

  it.each<[title: string, rules: Parameters<typeof compileRules>[0], message: string]>([
    [
      'an unknown fact, by the rule’s name',
      [{ name: 'long', when: 'length > 3', platforms: ['batch'] }],
      "rule 'long': when 'length > 3': there is no fact 'length'.",
    ],
    [
      'an unknown platform, by the rule’s number',
      [{ platforms: ['sagemakr'] }],
      "rule 'number 1': there is no platform 'sagemakr'. Did you mean 'sagemaker'?",
    ],
    [
      'a condition that cannot hold',
      [{ name: 'none', when: 'duration < 10 and duration > 20', platforms: ['batch'] }],
      "rule 'none' never holds: no task is duration < 10 and duration > 20.",
    ],
    [
      'a count between two whole numbers',
      [{ name: 'half', when: 'gpu_count > 1 and gpu_count < 2', platforms: ['batch'] }],
      "rule 'half' never holds",
    ],
    [
      'GPUs of a task that needs none',
      [{ name: 'ghost', when: 'gpu_count == 2 and not requires_gpu', platforms: ['batch'] }],
      "rule 'ghost' never holds",
    ],
    [
      'two that say different things of the same',
      [
        { name: 'a', when: 'duration < 1 h', platforms: ['sagemaker'] },
        { name: 'b', when: 'duration < 60 min', platforms: ['batch'] },
      ],
      "they contradict: 'a' says sagemaker, 'b' batch",
    ],
    [
      'one after one that always holds',
      [
        { name: 'all', platforms: ['local'] },
        { name: 'late', when: 'requires_gpu', platforms: ['local'] },
      ],
      "rule 'late' never decides: whatever it holds for, 'all' before it holds too",
    ],
    [
      'one that several together leave nothing for',
      [
        { name: 'short', when: 'duration < 1 h', platforms: ['local'] },
        { name: 'long', when: 'duration >= 1 h', platforms: ['batch'] },
        { name: 'rest', platforms: ['emr'] },
      ],
      "rule 'rest' never decides: whatever it holds for, 'short', 'long' before it hold too",
    ],
  ])('are refused for %s', (_title, rules, message) => {
    expect(() => compileRules(rules)).toThrow(message);
  });

  it('tell every problem at once', () => {
    const rules = [
      { name: 'x', when: 'duratoin > 1', platforms: ['bach'] },
      { name: 'y', when: 'spot == 3', platforms: ['local'] },
    ];
    expect(() => compileRules(rules)).toThrow(/'bach'[^]*'duratoin'[^]*rule 'y'/);
  });

  it('may leave what is unknown to a later rule', () => {
    const rules = [
      { when: 'data_size < 1 GB', platforms: ['local'] },
      { when: 'data_size >= 1 GB', platforms: ['batch'] },
      { platforms: ['sagemaker'] },
    ];
    expect(compileRules(rules)).toHaveLength(3);
  });

  it('are taken as they are where they are too many to hold against each other', () => {
    const compared = (rule: number, at: number): string => `(duration < ${at + rule} and data_size > ${at})`;
    const when = (rule: number): string =>
      Array.from({ length: 45 }, (_, at) => compared(rule, at)).join(' or ');
    const rules = Array.from({ length: 600 }, (_, rule) => ({ when: when(rule), platforms: ['local'] }));
    expect(compileRules(rules)).toHaveLength(600);
  });
});
