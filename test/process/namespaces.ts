import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const INSIDE = 'GOKEYDB_TEST_NAMESPACE'
const asRoot = process.getuid?.() === 0 ? [] : ['--map-root-user']

/**
 * Runs this test file again inside a network namespace of its own and ends with its exit code; returns where this is
 * that run. Says why it cannot where the machine has no namespaces: then the file has nothing to test.
 */
export function insideNamespace (file: string): { readonly cannot: string } | undefined {
  if (process.env[INSIDE] !== undefined) return undefined
  for (const [command, ...args] of [['unshare', ...asRoot, '--net', 'true'], ['nsenter', '--version'], ['ip', '-Version']] as const) {
    const { error, status, stderr } = spawnSync(command, args, { encoding: 'utf8' })
    if (error !== undefined || status !== 0) return { cannot: error?.message ?? `${command}: ${stderr.trim()}` }
  }
  const { status } = spawnSync('unshare', [...asRoot, '--net', process.execPath, fileURLToPath(file)], { stdio: 'inherit', env: { ...process.env, [INSIDE]: '1' } })
  process.exit(status ?? 1)
}

function ip (...args: string[]): void {
  run('ip', args)
}

function run (command: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr}`)
}

/** The switch that all machines are plugged into. */
const SWITCH = 'switch'

/** A machine of its own: a network namespace that lives as long as the process that holds it. */
export class Machine {
  /** Where the others reach it, over the switch. */
  readonly address: string
  /** Where this test reaches it, whatever is unplugged. */
  readonly controlAddress: string
  readonly #holder: ChildProcess
  readonly #plug: string

  private constructor (holder: ChildProcess, number: number) {
    this.#holder = holder
    this.#plug = `plug${number}`
    this.address = `10.77.0.${number}`
    this.controlAddress = `10.78.${number}.2`
  }

  /** @param number 1–254, another for each machine */
  static async make (number: number): Promise<Machine> {
    const holder = spawn('unshare', ['--net', 'sh', '-c', 'echo up; exec sleep 3600'], { stdio: ['ignore', 'pipe', 'inherit'] })
    await new Promise<void>((resolve, reject) => {
      holder.stdout.once('data', () => { resolve() })
      holder.once('error', reject)
      holder.once('exit', () => { reject(new Error('a namespace could not be made')) })
    })
    const machine = new Machine(holder, number)
    machine.#wire(machine.#plug, 'wire', `${machine.address}/24`)
    machine.#wire(`control${number}`, 'control', `${machine.controlAddress}/24`)
    machine.#ip('link', 'set', 'lo', 'up')
    ip('address', 'add', `10.78.${number}.1/24`, 'dev', `control${number}`)
    machine.plugIn()
    return machine
  }

  /** Two ends of a wire: one here, one in the machine. */
  #wire (here: string, there: string, address: string): void {
    ip('link', 'add', here, 'type', 'veth', 'peer', 'name', there, 'netns', this.#id)
    ip('link', 'set', here, 'up')
    this.#ip('address', 'add', address, 'dev', there)
    this.#ip('link', 'set', there, 'up')
  }

  /** Packets from and to the other machines arrive again. */
  plugIn (): void {
    if (spawnSync('ip', ['link', 'show', SWITCH]).status !== 0) {
      ip('link', 'add', SWITCH, 'type', 'bridge')
      ip('link', 'set', SWITCH, 'up')
    }
    ip('link', 'set', this.#plug, 'master', SWITCH)
  }

  /** Packets from and to the other machines are lost from now on; the machine's own end stays up, so that nobody is told. */
  unplug (): void {
    ip('link', 'set', this.#plug, 'nomaster')
  }

  /** The words before a command that make it run here. */
  get prefix (): readonly string[] {
    return ['nsenter', '-t', this.#id, '-n']
  }

  get #id (): string {
    return String(this.#holder.pid)
  }

  #ip (...args: string[]): void {
    run('nsenter', ['-t', this.#id, '-n', 'ip', ...args])
  }

  end (): void {
    this.#holder.kill('SIGKILL')
  }
}
