import { Fault } from "./fault.ts";
import { askAsOperator } from "./operator-client.ts";

const ROLES = ["learner", "author", "operator"];

/** `agon users role HANDLE ROLE` and `agon users password HANDLE`. @returns the exit code. */
export async function users(args: string[]): Promise<number> {
  const [command, handle, role] = args;
  if (command === "role" && handle && ROLES.includes(role ?? "")) {
    const { setRole: user } = await askAsOperator<{ setRole: { handle: string; role: string } }>(
      "mutation($h: String!, $r: Role!) { setRole(handle: $h, role: $r) { handle role } }",
      { h: handle, r: role },
    );
    console.log(
      `${user.handle} is ${user.role} now. Plays that run keep the role they began with.`,
    );
    return 0;
  }
  if (command === "password" && handle) {
    const { passwordLink } = await askAsOperator<{ passwordLink: string }>(
      "mutation($h: String!) { passwordLink(handle: $h) }",
      { h: handle },
    );
    console.log(`Give this link to ${handle}; it works once, within a day:\n${passwordLink}`);
    return 0;
  }
  throw new Fault(
    `agon users takes: role HANDLE ${ROLES.join("|")}, or password HANDLE (a link for a new password)`,
  );
}
