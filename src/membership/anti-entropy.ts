import { toGeneration, toIncarnation } from '../base/index.js'
import type { PeerId } from '../base/index.js'
import { DIGEST_VERSION_COUNT_MAX, SYNC_RECORD_COUNT_MAX } from '../../protocols/membership/index.js'
import type { MemberRecord, MemberVersion, MembershipMessage } from '../../protocols/membership/index.js'
import type { Beliefs } from './beliefs.js'
import { asHearsay, compareStatements, isLeap, isPresent } from './precedence.js'

/** What somebody says it holds. */
export type Digest = Omit<MembershipMessage & { readonly kind: 'digest' }, 'kind'>

/** Nothing is known of the peer: every statement about it is newer, since generations count from 1. */
const nothing: Omit<MemberVersion, 'peer'> = { generation: toGeneration(0), incarnation: toIncarnation(0), health: 'alive' }

const versionOf = ({ peer, generation, incarnation, health }: MemberRecord): MemberVersion => ({ peer, generation, incarnation, health })

/**
 * All we hold: what can be asked for, and the address book, so that nobody sends the long dead again and again to those
 * who know. Of a book too large for a digest the newest.
 */
export function digestOf (beliefs: Beliefs): Digest {
  const listed = [versionOf(beliefs.own.record)]
  for (const { record } of beliefs.list.values()) listed.push(versionOf(record))
  return { reply: true, listed, remembered: beliefs.book.records().slice(-DIGEST_VERSION_COUNT_MAX).map(versionOf) }
}

/** What we hold newer than the digest says; with `reply` also what it does not name. */
export function newerThan (digest: Digest, beliefs: Beliefs): MemberRecord[] {
  const said = new Map<PeerId, { readonly version: MemberVersion, readonly isListed: boolean }>()
  for (const version of digest.remembered.slice(0, DIGEST_VERSION_COUNT_MAX)) said.set(version.peer, { version, isListed: false })
  for (const version of digest.listed.slice(0, DIGEST_VERSION_COUNT_MAX)) said.set(version.peer, { version, isListed: true })
  const records: MemberRecord[] = []
  const consider = (record: MemberRecord): void => {
    const known = said.get(record.peer)
    if (known === undefined) {
      if (digest.reply) records.push(record)
      return
    }
    const order = compareStatements(record, known.version)
    // One that is only remembered gets listed by hearing the same again.
    if (order > 0 || (order === 0 && !known.isListed && isPresent(record.health))) records.push(record)
  }
  consider(beliefs.own.record)
  for (const { record } of beliefs.list.values()) consider(record)
  return records.slice(0, SYNC_RECORD_COUNT_MAX)
}

/** What the digest lists newer than we hold, as a digest of what we hold of it. */
export function lackedOf (digest: Digest, beliefs: Beliefs): Digest {
  const listed: MemberVersion[] = []
  for (const version of digest.listed.slice(0, DIGEST_VERSION_COUNT_MAX)) {
    const { peer } = version
    const listedHere = peer === beliefs.own.record.peer ? beliefs.own.record : beliefs.list.get(peer)?.record
    const known = listedHere ?? beliefs.book.get(peer)
    if (isLeap(version, known)) continue
    const statement = listedHere === undefined ? version : asHearsay(version, listedHere.health)
    const order = known === undefined ? 1 : compareStatements(statement, known)
    if (order > 0 || (order === 0 && listedHere === undefined && isPresent(version.health))) {
      listed.push(known === undefined ? { peer, ...nothing } : versionOf(known))
    }
  }
  return { reply: false, listed, remembered: [] }
}
