import { lines } from '../mutant.js'
import type { Mutant } from '../mutant.js'

export const mapMutants: readonly Mutant[] = [
  {
    id: 'every-named-node-founds',
    area: 'map',
    about: 'Every node of the configuration founds a cluster of its own.',
    breaks: 'one configuration is one cluster',
    file: 'src/coordinator/founding.ts',
    find: "case 'named': return at({ kind: 'waiting' })",
    replace: "case 'named': return foundAlone(setup, record)",
    seedsMax: 5,
    liveness: true
  },
  {
    id: 'founds-with-a-minority',
    area: 'map',
    about: 'The first-listed node founds the cluster alone, without asking anybody.',
    breaks: 'a founder without its disk founds no second cluster',
    file: 'src/coordinator/founding.ts',
    find: 'if (names.length === 1) return foundAlone(setup, record)',
    replace: 'if (names.length >= 1) return foundAlone(setup, record)',
    seedsMax: 200
  },
  {
    id: 'wiped-node-keeps-its-seat',
    area: 'map',
    about: 'A node that lost its disk is given the member id of the one that had it, and votes.',
    breaks: 'an acknowledged write survives',
    file: 'src/coordinator/map-commands.ts',
    find: 'if (member.peer !== undefined) return refuse(',
    replace: 'if (member.peer !== undefined && member.id < 0) return refuse(',
    scenario: 'wiped-disk',
    seedsMax: 20
  },
  {
    id: 'map-epochs-compared-backwards',
    area: 'map',
    about: 'Of two maps the older one is taken: nobody learns of a member that came late.',
    breaks: 'a node that comes late becomes a member',
    file: 'src/node/cluster.ts',
    find: 'if (map.clusterId !== this.#clusterId || map.epoch <= this.epoch) return',
    replace: 'if (map.clusterId !== this.#clusterId || map.epoch >= this.epoch) return',
    seedsMax: 200,
    liveness: true
  },
  {
    id: 'map-not-stored-with-its-position',
    area: 'map',
    about: 'The coordinator\'s group stores how far it has applied its log, and not the map that came out of it.',
    breaks: 'replicas that applied the same are the same',
    file: 'src/node/map-machine.ts',
    find: 'this.#commit.put(mapKey, sealRecord(mapKey, encodeClusterMap(this.#map)))',
    replace: 'if (applied.index < 0) this.#commit.put(mapKey, sealRecord(mapKey, encodeClusterMap(this.#map)))',
    seedsMax: 200
  },
  {
    id: 'nobody-asks-to-be-admitted',
    area: 'map',
    about: 'A node that the map does not know does not ask the coordinator to admit it.',
    breaks: 'a node that comes late becomes a member',
    file: 'src/node/cluster.ts',
    find: lines('if (this.#map === undefined || this.selfMember !== undefined || this.#hasLeft) return', '    this.#admitAtMs = nowMs + ADMIT_EVERY_MS'),
    replace: lines('if (this.#map === undefined || this.selfMember !== undefined || this.#hasLeft || nowMs >= 0) return', '    this.#admitAtMs = nowMs + ADMIT_EVERY_MS'),
    seedsMax: 200,
    liveness: true
  }
]
