import type { MemberId } from '../../src/base/index.js'
import type { Cluster } from './cluster.js'
import type { Node } from './virtual-node.js'

/** One snapshot stream: the sender's durable state, offered, cleared for, and whole after a while. */
export function streamSnapshot (cluster: Cluster, sender: Node, to: MemberId): void {
  const target = cluster.node(to)
  const { life: senderLife } = sender
  const state = sender.disk.content.machine
  const position = { term: sender.up.term, lastIndex: state.index, lastTerm: state.term, configuration: sender.up.configurationAt(state.index) }
  const [min, max] = cluster.options.snapshotMs ?? [2, 2]
  const durationMs = min + cluster.random.below(1024) / 1024 * (max - min)
  const report = (ok: boolean): void => {
    if (sender.group === undefined || sender.life !== senderLife) return
    sender.group.snapshotSent(to, ok, cluster.nowMs)
    cluster.carryOut(sender)
  }
  const isBroken = (): boolean => sender.life !== senderLife || sender.group === undefined || cluster.network.isCut(sender.member, to)
  cluster.agenda.after(1, () => {
    if (isBroken() || target.group === undefined || target.streaming || !target.group.offerSnapshot(sender.member, position, cluster.nowMs)) {
      if (target.group !== undefined) cluster.carryOut(target)
      cluster.agenda.after(1, () => { report(false) })
      return
    }
    const { life: targetLife } = target
    target.streaming = true
    target.disk.add((content) => { content.installing = true })
    cluster.carryOut(target)
    cluster.hooks.installing?.(target)
    cluster.agenda.after(durationMs, () => {
      if (target.life !== targetLife || target.group === undefined) {
        report(false)
        return
      }
      target.streaming = false
      if (isBroken()) {
        target.group.snapshotFailed(cluster.nowMs)
        cluster.carryOut(target)
        cluster.agenda.after(1, () => { report(false) })
        return
      }
      cluster.invariants.checkMachine(target.member, state)
      target.machine = state
      target.group.snapshotInstalled(position, cluster.nowMs)
      target.disk.add((content) => {
        content.machine = state
        content.installing = false
      })
      cluster.snapshotsInstalled++
      cluster.turn(target) // what makes it final is one batch
      cluster.agenda.after(1, () => { report(true) })
    })
  })
}
