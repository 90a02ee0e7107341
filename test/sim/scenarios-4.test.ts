import { directedScenarios } from './scenario-runs.js'

directedScenarios(4)
