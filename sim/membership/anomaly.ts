import type { PeerId } from '../../src/base/index.js'
import type { MembershipMessage } from '../../protocols/membership/index.js'

/** A message on its way out of a core. */
export interface Outgoing {
  readonly to: PeerId
  readonly message: MembershipMessage
}

/**
 * Lifeguard's anomaly (MEMBERSHIP.md section 2.4): a member blocks just before sending and just after receiving, while
 * its timers keep firing. So the probe loop stops at the first probe it would send; trials go on; on release what it
 * held goes out, then what has arrived is handled late and in order.
 *
 * The core is one machine with one `tick`, not a loop per task. Until the probe loop stops it is ticked as ever; then
 * not until release, when one tick comes before the messages. The verdicts that fell due in between are passed in that
 * tick. Nothing could have averted them, since nothing is heard meanwhile, and nobody could have been told earlier: only
 * the time at which the blocked member itself notes them is later than in the papers.
 *
 * A core with stall detection takes the deadlines that went by for what they are: its own failure to run.
 */
export class Anomaly {
  readonly #outgoing: Outgoing[] = []
  readonly #incoming: Array<() => void> = []
  #isStalled = false

  /** Whether the probe loop waits for its send. */
  get isStalled (): boolean {
    return this.#isStalled
  }

  holdOutgoing (sends: readonly Outgoing[]): void {
    for (const send of sends) {
      this.#outgoing.push(send)
      if (send.message.kind === 'ping' || send.message.kind === 'ping-request') this.#isStalled = true
    }
  }

  holdIncoming (handle: () => void): void {
    this.#incoming.push(handle)
  }

  get outgoing (): readonly Outgoing[] {
    return this.#outgoing
  }

  get incoming (): ReadonlyArray<() => void> {
    return this.#incoming
  }
}
