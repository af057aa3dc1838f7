import type { PlatformsSettings, RouterSettings } from '../../core/platforms-settings.ts';
import type { PriceBook } from '../prices/index.ts';
import type { CompiledRule } from './compiled-rule.ts';
import type { PlatformName } from './platform-names.ts';

/** What this machine has. */
export interface OwnMachine {
  readonly vcpus: number;
  readonly memoryGiB: number;
  readonly gpus: number;
}

/** What platforms are chosen with. */
export interface ChooseOptions {
  readonly rules: readonly CompiledRule[];
  /** @default {} */
  readonly router: RouterSettings;
  /** What is enabled, `local` among it. */
  readonly enabled: readonly PlatformName[];
  readonly settings: PlatformsSettings;
  readonly prices: PriceBook;
  readonly machine: OwnMachine;
}
