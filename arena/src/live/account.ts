/** Sentences for what better-auth says in its own words; what is ours already comes as one. */
const SENTENCES: [RegExp, string][] = [
  [/^\[body\.email\]|invalid email$/i, "This is no e-mail address. Check it for typing errors."],
  [/^\[body\.password\]|^\[body\.newPassword\]/i, "Type a password of 8 to 200 characters."],
  [
    /invalid email or password/i,
    "No account has this e-mail address and password. Try again, or ask an operator for a new password.",
  ],
  [/invalid password/i, "The current password is another one. Try again."],
  [/password too short/i, "The password is too short: 8 characters at least."],
  [/password too long/i, "The password is too long: 200 characters at most."],
  [/user already exists/i, "This e-mail address has an account already. Sign in with it."],
  [
    /invalid token/i,
    "This link was used already or is older than a day. Ask an operator for a new one.",
  ],
];

/** What to tell a person of an answer of the account API. */
export function sentence(message: string): string {
  return SENTENCES.find(([form]) => form.test(message))?.[1] ?? message;
}

/**
 * Sends a form to an endpoint of the account API (/api/auth/… of better-auth).
 * @returns undefined, or why it was refused, in a sentence.
 */
export async function sendAccount(path: string, body: object): Promise<string | undefined> {
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (response.ok) return undefined;
    const text = await response.text();
    try {
      return sentence((JSON.parse(text) as { message: string }).message);
    } catch {
      return text.trim() || `The arena answered ${response.status}. Try again.`;
    }
  } catch {
    return "The arena does not answer. Check your connection and try again.";
  }
}
