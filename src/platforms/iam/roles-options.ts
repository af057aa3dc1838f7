import type { PlatformsSettings } from '../../core/platforms-settings.ts';
import type { RoleNeeds } from './role-needs.ts';

/** For which account, region and platforms. */
export interface LeastRolesOptions {
  readonly needs: RoleNeeds;
  readonly platforms: PlatformsSettings;
  /** Twelve digits, or what stands for them. */
  readonly account: string;
  readonly region: string;
}
