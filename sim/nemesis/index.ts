export { drawScenario, lyingScenario, steadyScenario } from './draw.js'
export type { DrawOptions } from './draw.js'
