/** The door to functions that run outside of this process. */
export { type IsolatedFunctionsOptions, isolatedFunctions } from './isolated-functions.ts';
