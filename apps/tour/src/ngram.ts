/**
 * Held-out bits per letter (the end of a name counts as a letter) of two models that count: letters, and pairs of letters. The
 * pairs are smoothed towards the letters by an interpolation weight chosen on a tenth of the training names.
 */
export function ngramBits(
  train: readonly (readonly number[])[],
  test: readonly (readonly number[])[],
  vocabulary: number,
): { unigram: number; bigram: number } {
  const held = train.slice(0, Math.floor(train.length / 10));
  const rest = train.slice(held.length);
  const tuning = counts(rest, vocabulary);
  const weights = Array.from({ length: 20 }, (_, i) => (i + 0.5) / 20);
  const best = weights.reduce((a, b) => (bits(held, tuning, b) < bits(held, tuning, a) ? b : a));
  const all = counts(train, vocabulary);
  return { unigram: bits(test, all, 0), bigram: bits(test, all, best) };
}

interface Counts {
  readonly unigram: number[];
  readonly bigram: number[][];
}

/** Add-one smoothed letters; pairs as counted. Token 0 stands before and after each name. */
function counts(names: readonly (readonly number[])[], vocabulary: number): Counts {
  const unigram = Array<number>(vocabulary).fill(1);
  const bigram = Array.from({ length: vocabulary }, () => Array<number>(vocabulary).fill(0));
  for (const name of names) {
    let before = 0;
    for (const token of [...name, 0]) {
      unigram[token]++;
      bigram[before][token]++;
      before = token;
    }
  }
  return { unigram, bigram };
}

function bits(names: readonly (readonly number[])[], { unigram, bigram }: Counts, weight: number): number {
  const letters = unigram.reduce((a, b) => a + b, 0);
  const rows = bigram.map((row) => row.reduce((a, b) => a + b, 0));
  let total = 0;
  let count = 0;
  for (const name of names) {
    let before = 0;
    for (const token of [...name, 0]) {
      const pair = rows[before] === 0 ? 0 : bigram[before][token] / rows[before];
      total -= Math.log2(weight * pair + (1 - weight) * (unigram[token] / letters));
      before = token;
      count++;
    }
  }
  return total / count;
}
