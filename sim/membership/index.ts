export { runMembershipCommand } from './command.js'
export type { Outlet } from './command.js'
