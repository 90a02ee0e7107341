import { defaultMembershipOptions } from '../../src/membership/index.js'
import type { MembershipOptions } from '../../src/membership/index.js'

/**
 * The rows of Lifeguard's Table IV, made of our own core, and `gokeydb`: the core as it ships. The others have stall
 * detection off, which the papers do not know, and so show what the papers' parts do here.
 */
export const MODES = ['swim', 'lha-probe', 'lha-suspicion', 'buddy', 'lifeguard', 'gokeydb'] as const
export type ModeName = typeof MODES[number]

/** How the cores of a world are set. */
export interface Mode {
  readonly name: string
  readonly options: MembershipOptions
  /** Whether whoever is doubted is told so out of turn (Lifeguard's buddy system); off, only by gossip that reaches it. */
  readonly hasBuddies: boolean
}

/** Lifeguard's S. */
const LOCAL_HEALTH_MAX = 8
/** Longer than any run: nothing counts as a stall. */
const NEVER_STALLED_MS = 1_000_000_000

/** @param tuning α and β where they are not the mode's own: 5 and 6 as published, 4 and 6 for `gokeydb` */
export function modeOf (name: ModeName, tuning: { readonly alpha?: number | undefined, readonly beta?: number | undefined } = {}): Mode {
  const isOurs = name === 'gokeydb'
  const isWhole = isOurs || name === 'lifeguard'
  const alpha = tuning.alpha ?? (isOurs ? defaultMembershipOptions.suspicionMultiplier : 5)
  const beta = isWhole || name === 'lha-suspicion' ? tuning.beta ?? defaultMembershipOptions.suspicionMaxMultiplier : 1
  return {
    name: `${name} ${alpha}/${beta}`,
    hasBuddies: isWhole || name === 'buddy',
    options: {
      ...defaultMembershipOptions,
      suspicionMultiplier: alpha,
      suspicionMaxMultiplier: beta,
      localHealthMax: isWhole || name === 'lha-probe' ? LOCAL_HEALTH_MAX : 0,
      stallMsMax: isOurs ? defaultMembershipOptions.stallMsMax : NEVER_STALLED_MS
    }
  }
}

export const isModeName = (text: string): text is ModeName => MODES.some((name) => name === text)
