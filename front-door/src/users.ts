import { Fault } from "./fault.ts";
import { askAsOperator } from "./operator-client.ts";

const ROLES = ["learner", "author", "operator"];

/** `agon users role HANDLE ROLE`. @returns the exit code. */
export async function users(args: string[]): Promise<number> {
  const [command, handle, role] = args;
  if (command !== "role" || !handle || !role || !ROLES.includes(role))
    throw new Fault(`agon users takes: role HANDLE ${ROLES.join("|")}`);
  const { setRole: user } = await askAsOperator<{ setRole: { handle: string; role: string } }>(
    "mutation($h: String!, $r: Role!) { setRole(handle: $h, role: $r) { handle role } }",
    { h: handle, r: role },
  );
  console.log(`${user.handle} is ${user.role} now. Plays that run keep the role they began with.`);
  return 0;
}
