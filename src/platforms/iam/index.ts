export { type CheckedAction, checkRoles } from './check-roles.ts';
export { quoted, type RoleFormat, roleFiles } from './format-roles.ts';
export { type LeastRole, leastRoles } from './least-roles.ts';
export { needsOf } from './role-needs.ts';
