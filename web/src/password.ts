// What the page asks of a new password before it asks the appliance, which knows more of them. Pure.

/** As the API asks for. */
export const SHORTEST_PASSWORD = 12;

/** A sentence, or nothing. */
export function passwordMistake(password: string, repeated: string): string {
  if (password.length < SHORTEST_PASSWORD) return `The password needs ${SHORTEST_PASSWORD} characters or more.`;
  return password === repeated ? '' : 'The two passwords differ. Type the same one twice.';
}
