/** Edits beyond which two words are not taken for one another. */
const DISTANCE_MAX = 3

/**
 * The candidate that was probably meant, or undefined. Case and the choice of `-`, `_` or a space count nothing; among equals the
 * first wins.
 */
export function closest (word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined
  let bestDistance = DISTANCE_MAX + 1
  for (const candidate of candidates) {
    const distance = editDistance(plain(word), plain(candidate))
    const allowed = Math.min(DISTANCE_MAX, Math.ceil(candidate.length / 3))
    if (distance <= allowed && distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** `; did you mean "x"?`, or nothing. */
export function didYouMean (word: string, candidates: Iterable<string>, prefix = ''): string {
  const meant = closest(word, candidates)
  return meant === undefined ? '' : `; did you mean "${prefix}${meant}"?`
}

const plain = (word: string): string => word.slice(0, 64).toLowerCase().replace(/[_ ]/g, '-')

/** Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours (Damerau 1964). */
function editDistance (a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let distance = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) distance = Math.min(distance, at(beforeLast, j - 2) + 1)
      row.push(distance)
    }
    beforeLast = last
    last = row
  }
  return at(last, b.length)
}

const at = (row: readonly number[], index: number): number => row[index] ?? Number.POSITIVE_INFINITY
