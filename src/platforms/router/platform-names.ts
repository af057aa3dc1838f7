/** The platforms that a task may run on, in the order that tables show. */
export const PLATFORM_NAMES = ['local', 'sagemaker', 'kubernetes', 'coreweave', 'batch', 'emr'] as const;

/** One of {@link PLATFORM_NAMES}. */
export type PlatformName = (typeof PLATFORM_NAMES)[number];

/** The platform of tasks that the router places. */
export const AUTO_PLATFORM = 'auto';

/** Whether a platform is one that the router knows. */
export function isPlatformName(name: string): name is PlatformName {
  return (PLATFORM_NAMES as readonly string[]).includes(name);
}
