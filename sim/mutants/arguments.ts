/** What the command line of the mutation table asks for. */
export interface MutantArguments {
  /** Mutants to try; undefined: all. */
  readonly only: readonly string[] | undefined
  /** Seeds tried of each mutant at most, whatever its own limit is. */
  readonly seedsMax: number
  /** Drawn lives that the unmodified program must pass. */
  readonly control: number
  /** Mutants tried side by side. */
  readonly jobs: number
  /** Only see whether every mutant fits its source and keeps its types. */
  readonly check: boolean
  /** Leave sim/README.md as it is. */
  readonly isDry: boolean
}

export const USAGE = `usage: npm run sim:mutants -- [options]

Plants one fault after the other into a copy of the compiled program and runs the simulator on it until it fails.
Writes the table in sim/README.md. Fails where a mutant survives, or the unmodified program raises an alarm.

  --only ID,ID      these mutants, or areas (their rows of the table are replaced)
  --seeds N         at most N seeds of each, whatever its own limit is
  --control N       drawn lives of the unmodified program (default 100; 0 with --only)
  --jobs 1|2        mutants side by side (default 1)
  --check           only see whether every mutant fits its source and keeps its types
  --dry             print only, leave sim/README.md as it is
`

const CONTROL_DEFAULT = 100

/** @returns the arguments, or what is wrong with them */
export function parseArguments (args: readonly string[]): MutantArguments | { readonly problem: string } {
  let only: readonly string[] | undefined
  let seedsMax = Infinity
  let control: number | undefined
  let jobs = 1
  let check = false
  let isDry = false
  for (let i = 0; i < args.length; i++) {
    const [name = '', inline] = (args[i] as string).split(/=(.*)/s)
    if (name === '--check') check = true
    else if (name === '--dry') isDry = true
    else {
      const value = inline ?? args[++i]
      if (value === undefined) return { problem: `${name}: there is no such option, or it wants a value` }
      const number = Number(value)
      if (name === '--only') only = value.split(',')
      else if (name === '--seeds' && Number.isInteger(number) && number >= 1) seedsMax = number
      else if (name === '--control' && Number.isInteger(number) && number >= 0) control = number
      else if (name === '--jobs' && (number === 1 || number === 2)) jobs = number
      else return { problem: `${name} ${value} is no option` }
    }
  }
  return { only, seedsMax, control: control ?? (only === undefined ? CONTROL_DEFAULT : 0), jobs, check, isDry }
}
