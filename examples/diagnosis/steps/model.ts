/** What training writes to model.json and inference reads. */
export interface Model {
  readonly bias: number;
  readonly weights: readonly number[];
}

/** The probability, 0 to 1, that a sample is malignant. */
export function probability({ bias, weights }: Model, features: readonly number[]): number {
  const z = features.reduce((total, value, index) => total + value * (weights[index] ?? 0), bias);
  return 1 / (1 + Math.exp(-z));
}
