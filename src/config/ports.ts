import { baseP2pPort, effectiveBindIp } from './addresses.js'
import type { PlacedNode } from './addresses.js'
import type { ConfigKeys } from './keys.js'
import { isLoopback } from './multiaddr.js'
import type { Origin, Report } from './problem.js'

const PORT_MAX = 65535

/** Checks what only shows once all nodes are numbered: ports beyond the range, used twice, or not to be reached. */
export function checkPorts (nodes: readonly PlacedNode[], keys: ConfigKeys, report: Report): void {
  checkListenPort(keys, report)
  checkRange(nodes, keys, report)
  checkCollisions(nodes, keys, report)
  checkReach(nodes, keys, report)
  const chosenBySystem = nodes.find(({ p2pPort }) => p2pPort === 0)
  if (chosenBySystem !== undefined && nodes.length > 1) {
    report(p2pOrigin(keys), `a libp2p port of 0 cannot be dialled by the other ${nodes.length - 1} nodes; name a port`)
  }
}

/** What the others dial must be listened at. */
function checkListenPort (keys: ConfigKeys, report: Report): void {
  const { p2pPort, listen } = keys
  if (p2pPort === undefined || listen === undefined || listen.value.length === 0) return
  if (listen.value.some(({ value }) => value.port === p2pPort.value)) return
  report(p2pPort.at, `network.p2p_port is ${p2pPort.value}, where the other nodes dial, but no address of network.listen has that port; name it in one of them, or leave network.p2p_port out`)
}

function checkRange (nodes: readonly PlacedNode[], keys: ConfigKeys, report: Report): void {
  const http = nodes.find(({ httpPort }) => httpPort > PORT_MAX)
  if (http !== undefined) {
    report(keys.port?.at ?? keys.at.network, `counting up from network.port, "${http.name}" gets HTTP port ${http.httpPort}; ports end at ${PORT_MAX}, so lower network.port`)
  }
  const p2p = nodes.find(({ p2pPort, listenParts }) => p2pPort > PORT_MAX || listenParts.some(({ port }) => (port ?? 0) > PORT_MAX))
  if (p2p !== undefined) {
    const port = Math.max(p2p.p2pPort, ...p2p.listenParts.map((part) => part.port ?? 0))
    report(p2pOrigin(keys), `counting up from network.p2p_port, "${p2p.name}" gets libp2p port ${port}; ports end at ${PORT_MAX}, so lower network.p2p_port`)
  }
}

/** No two uses of one port on one machine; the first collision is enough to see the pattern. */
function checkCollisions (nodes: readonly PlacedNode[], keys: ConfigKeys, report: Report): void {
  const users = new Map<string, string>()
  for (const node of nodes) {
    const p2pPorts = new Set([node.p2pPort, ...node.listenParts.map(({ port }) => port ?? 0)])
    const uses = [{ port: node.httpPort, use: `the HTTP port of "${node.name}"` }, ...[...p2pPorts].map((port) => ({ port, use: `the libp2p port of "${node.name}"` }))]
    for (const { port, use } of uses) {
      if (port === 0) continue
      const key = `${node.machine} ${port}`
      const other = users.get(key)
      if (other === undefined) {
        users.set(key, use)
        continue
      }
      report(p2pOrigin(keys), `port ${port} would be both ${other} and ${use}; keep network.port and network.p2p_port at least ${nodes.length} apart`)
      return
    }
  }
}

/** A node that others look for on another machine must not listen on loopback only. */
function checkReach (nodes: readonly PlacedNode[], keys: ConfigKeys, report: Report): void {
  const hidden = nodes.find(({ host, listenParts }) => !isLoopback(host) && listenParts.every((part) => isLoopback(part.host)))
  if (hidden === undefined || keys.hosts === undefined) return
  report((keys.listen ?? keys.bindIp ?? keys.hosts).at, `the others look for "${hidden.name}" at ${hidden.host}, but ${effectiveBindIp(keys)} can be reached from its own machine only; use bind_ip: 0.0.0.0`)
}

/** The value that decides the libp2p ports. */
function p2pOrigin (keys: ConfigKeys): Origin {
  return keys.p2pPort?.at ?? keys.listen?.value.find(({ value }) => value.port === baseP2pPort(keys))?.at ?? keys.port?.at ?? keys.at.network
}
