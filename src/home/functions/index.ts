/** The door to functions that run outside of this process. */
export { isolatedFunctions } from './isolated-functions.ts';
