// What a chosen password must be: long (NIST SP 800-63B §5.1.1.2 asks for length, not for kinds of characters) and none of what is
// guessed first.

export const SHORTEST_PASSWORD = 12;
export const LONGEST_PASSWORD = 256;

const FEWEST_DIFFERENT = 5;
/** Beginnings of what fills lists of guesses; what follows them is usually a number. */
const GUESSED_FIRST = ['password', 'passwort', 'raspberry', 'administrator', 'changeme', 'letmein', 'iloveyou'];
const RUNS = ['01234567890123456789', '98765432109876543210', 'abcdefghijklmnopqrstuvwxyz', 'qwertyuiopasdfghjkl'];

/** Undefined for a good one, else what is wrong with it. `names`: what anybody can read, such as the appliance's id. */
export function passwordMistake(password: string, names: readonly string[]): string | undefined {
  const plain = password.normalize('NFKC').toLowerCase();
  if (plain.length < SHORTEST_PASSWORD) return `The password needs ${SHORTEST_PASSWORD} characters or more.`;
  if (new Set(plain).size < FEWEST_DIFFERENT) return 'The password repeats a few characters. Choose another one.';
  const letters = plain.replaceAll(/[^\p{L}\p{N}]/gu, '');
  const guessed = [...GUESSED_FIRST, ...names.map((name) => name.toLowerCase().replaceAll(/[^a-z0-9]/g, ''))];
  // What is left once such a word is taken away has to be a password of its own.
  const rest = guessed.filter((word) => word !== '').reduce((text, word) => text.replaceAll(word, ''), letters);
  const isGuessed = rest !== letters && rest.length < SHORTEST_PASSWORD / 2;
  if (isGuessed || RUNS.some((run) => run.includes(letters.slice(0, 10)) && letters.length >= 10))
    return 'The password is one of those that are tried first. Choose another one; some unrelated words are good.';
  return undefined;
}
