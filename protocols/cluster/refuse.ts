import type { ClusterId, Reader, Writer } from '../../src/base/index.js'
import { fieldSet, namesByNumber, once, readClusterId, requireFields, writeCutString } from '../fields.js'
import { REASON_SIZE_BYTES_MAX } from '../limits.js'
import type { ClusterMessage, RefusalCode } from './messages.js'

type Refuse = Extract<ClusterMessage, { kind: 'refuse' }>

const numberByRefusal = {
  version: 1, foreign_cluster: 2, configuration_differs: 3, founding_refused: 4, name_taken: 5, disk_rolled_back: 6, cluster_full: 7,
  unknown_member: 8, outdated: 9, placement_impossible: 10
} as const satisfies Record<RefusalCode, number>
const refusalByNumber = namesByNumber<RefusalCode>(numberByRefusal)

export function writeRefuse (writer: Writer, { code, reason, clusterId }: Omit<Refuse, 'kind'>): void {
  writer.uint(1, numberByRefusal[code])
  writeCutString(writer, 2, reason, REASON_SIZE_BYTES_MAX)
  if (clusterId !== undefined) writer.string(3, clusterId)
}

const REFUSE_REQUIRED = fieldSet(1, 2)

/** Undefined: a reason that only a newer version knows. */
export function readRefuse (reader: Reader): Refuse | undefined {
  let seen = 0
  let number = 0
  let reason = ''
  let clusterId: ClusterId | undefined
  for (;;) {
    const field = reader.field()
    switch (field) {
      case 0: {
        requireFields('refuse', seen, REFUSE_REQUIRED)
        const code = refusalByNumber[number]
        return code === undefined ? undefined : { kind: 'refuse', code, reason, clusterId }
      }
      case 1: number = reader.uint(); break
      case 2: reason = reader.string(REASON_SIZE_BYTES_MAX); break
      case 3: clusterId = readClusterId(reader); break
      default: reader.skip(); continue
    }
    seen = once(seen, field)
  }
}
