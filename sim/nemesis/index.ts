export { drawScenario, lyingScenario, movingScenario, steadyScenario } from './draw.js'
export type { DrawOptions } from './draw.js'
