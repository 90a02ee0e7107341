import { assert, AssertionError } from './assert.js'
import type { Brand } from './brand.js'

/** A node's libp2p identity in its base58 form (`12D3KooW…`); survives address changes. */
export type PeerId = Brand<string, 'PeerId'>
/** Where a peer can be reached, e.g. `/ip4/127.0.0.1/tcp/9080/p2p/12D3KooW…`; may change, never an identity. */
export type Multiaddr = Brand<string, 'Multiaddr'>
/** The name a person gave a node (`node1`), unique in its cluster. */
export type NodeName = Brand<string, 'NodeName'>
/** A member's number in the cluster map, from 1, given once and never reused; Raft voters are member ids. */
export type MemberId = Brand<number, 'MemberId'>
/** 32 lower-case hex digits, drawn once when a cluster is founded. */
export type ClusterId = Brand<string, 'ClusterId'>
/** A slice of the key space, 0 … count - 1, or `SYSTEM_PARTITION`. */
export type PartitionId = Brand<number, 'PartitionId'>
/** One of the 1024 fixed hash buckets: the top 10 bits of a key's hash. */
export type Bucket = Brand<number, 'Bucket'>
/** One mastership of one partition; only grows. 0 before the first election. */
export type Term = Brand<number, 'Term'>
/** A position in one partition's log, from 1; 0 is "before the first". */
export type LogIndex = Brand<number, 'LogIndex'>
/** The version of the cluster map; only grows, from 1. */
export type Epoch = Brand<number, 'Epoch'>
/** The counter stamped on every change of a key's partition; below 2^53, never reused. */
export type Revision = Brand<number, 'Revision'>
/** How many times a node's process has started; persisted before the first send. */
export type Generation = Brand<number, 'Generation'>
/** The counter a member raises on itself within one generation, to refute suspicion. */
export type Incarnation = Brand<number, 'Incarnation'>
/** Numbers the synced storage batches of one node, from 1, without gaps. */
export type BatchNumber = Brand<number, 'BatchNumber'>

/** The partition of the cluster map itself; its master is the coordinator. */
export const SYSTEM_PARTITION = 0xffff as PartitionId
/** Buckets in the key space (DESIGN.md section 5); the partition count never exceeds it. */
export const BUCKET_COUNT = 1024
/** The greatest partition count: one bucket each. */
export const PARTITION_COUNT_MAX = BUCKET_COUNT

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0

/** Hot paths make many ids: the text of a failure is only made where it is needed. */
function count<Id> (name: string, value: number): Id {
  if (!isCount(value)) throw new AssertionError(`${name} must be a safe non-negative integer, got ${value}`)
  return value as Id
}

export const toTerm = (value: number): Term => count('term', value)
export const toLogIndex = (value: number): LogIndex => count('log index', value)
export const toEpoch = (value: number): Epoch => count('epoch', value)
export const toRevision = (value: number): Revision => count('revision', value)
export const toGeneration = (value: number): Generation => count('generation', value)
export const toIncarnation = (value: number): Incarnation => count('incarnation', value)
export const toBatchNumber = (value: number): BatchNumber => count('batch number', value)

export function toMemberId (value: number): MemberId {
  if (!isCount(value) || value < 1 || value > 0xffffffff) throw new AssertionError(`member id out of range: ${value}`)
  return value as MemberId
}

export function toPartitionId (value: number): PartitionId {
  if (!isCount(value) || (value >= PARTITION_COUNT_MAX && value !== SYSTEM_PARTITION)) throw new AssertionError(`partition id out of range: ${value}`)
  return value as PartitionId
}

export function toBucket (value: number): Bucket {
  if (!isCount(value) || value >= BUCKET_COUNT) throw new AssertionError(`bucket out of range: ${value}`)
  return value as Bucket
}

export function toClusterId (value: string): ClusterId {
  assert(isClusterId(value), `not a cluster id: ${value}`)
  return value as ClusterId
}

export const isClusterId = (value: string): boolean => /^[0-9a-f]{32}$/.test(value)

/** 1–64 characters of letters, digits, `.`, `_`, `-`, beginning with a letter or digit: safe as a directory name. */
export const isNodeName = (value: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(value)

export function toNodeName (value: string): NodeName {
  assert(isNodeName(value), `not a node name: ${value}`)
  return value as NodeName
}

/** Base58 text of plausible length; whether it is a real key is the transport's to find out. */
export const isPeerId = (value: string): boolean => /^[1-9A-HJ-NP-Za-km-z]{20,128}$/.test(value)

export function toPeerId (value: string): PeerId {
  assert(isPeerId(value), `not a peer id: ${value}`)
  return value as PeerId
}
