/** Lives of a cluster as data, and as YAML that a person reads and writes. */
export { lateMax } from './late.js'
export { formatProblem, readScenario } from './read.js'
export type { Problem } from './read.js'
export type {
  Action, AnswerExpectation, Check, ClientLoad, Clock, CrashLoss, DiskFault, DiskSpeed, Expectation, NodeSelector, Scenario, Step, TriggerEvent, When
} from './scenario.js'
export { writeScenario } from './write.js'
