import type { PeerId, Prng } from '../base/index.js'
import { ProbeRing } from './probe-ring.js'
import { Rings } from './rings.js'

/** Back to the mesh below this share of `meshMembersMax`, so that one member that comes and goes switches nothing. */
const MESH_AGAIN_PERCENT = 90

export interface OverlayParts {
  readonly own: PeerId
  readonly random: Prng
  readonly meshMembersMax: number
  /** Everybody present but ourselves; kept by the caller, who tells of each change. */
  readonly members: ProbeRing
}

/**
 * Whom this node watches: everybody present as long as they are few (the mesh); above `meshMembersMax` only its
 * neighbours on K rings (the overlay), so that the connections of a node stay bounded (DESIGN.md, "Overlay").
 */
export class Overlay {
  readonly #members: ProbeRing
  readonly #meshMembersMax: number
  readonly #rings: Rings
  /** The neighbours, in the order of probing; empty in the mesh. */
  readonly #watched: ProbeRing
  #neighbours: ReadonlySet<PeerId> = new Set()
  #isOn = false

  constructor (parts: OverlayParts) {
    this.#members = parts.members
    this.#meshMembersMax = parts.meshMembersMax
    this.#rings = new Rings(parts.own)
    this.#watched = new ProbeRing(parts.random)
  }

  /** Whether only neighbours are watched. */
  get isOn (): boolean {
    return this.#isOn
  }

  /**
   * Whether connections beside those to neighbours may be given up. Not yet between the two thresholds: there a node that
   * was started later is still in the mesh, and would dial again at once what others hang up.
   */
  get isSparse (): boolean {
    return this.#isOn && this.#count > this.#meshMembersMax
  }

  /** Whom to probe, to tell the news and to ask for help. */
  get watched (): ProbeRing {
    return this.#isOn ? this.#watched : this.#members
  }

  /** Whether the overlay is on and the peer is next to us in it. */
  isNeighbour (peer: PeerId): boolean {
    return this.#neighbours.has(peer)
  }

  /** A member is present from now on. */
  inserted (peer: PeerId): void {
    if (this.#isOn) {
      if (this.#rings.insert(peer)) this.#adopt()
    } else if (this.#count > this.#meshMembersMax) {
      this.#isOn = true
      this.#build()
    }
  }

  /** A member is not present any more. */
  removed (peer: PeerId): void {
    if (!this.#isOn) return
    if (this.#count * 100 < this.#meshMembersMax * MESH_AGAIN_PERCENT) {
      this.#isOn = false
      this.#rings.clear()
      this.#adopt()
    } else if (this.#rings.has(peer)) this.#build()
  }

  /** Members present, ourselves included. */
  get #count (): number {
    return this.#members.peers.length + 1
  }

  /** From all that are present: once as the overlay begins, then for each neighbour that goes. */
  #build (): void {
    this.#rings.clear()
    for (const peer of this.#members.peers) this.#rings.insert(peer)
    this.#adopt()
  }

  #adopt (): void {
    const before = this.#neighbours
    this.#neighbours = this.#rings.neighbours()
    for (const peer of before) if (!this.#neighbours.has(peer)) this.#watched.remove(peer)
    for (const peer of this.#neighbours) if (!before.has(peer)) this.#watched.insert(peer)
  }
}
