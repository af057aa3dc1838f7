import type { Expression } from './expression/expression.ts';
import type { PlatformName } from './platform-names.ts';

/** A rule that was read. */
export interface CompiledRule {
  readonly name: string;
  /** As it is written; absent: it always holds. */
  readonly when?: string;
  readonly expression: Expression;
  /** The first preferred. */
  readonly platforms: readonly PlatformName[];
}
