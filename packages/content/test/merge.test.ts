import { expect, test } from "vitest";
import { one, short } from "./folders.ts";

const TASK = 'tasks:\n  verify_a:\n    machine: client\n    run: "false"\n';

test("listed machines replace the base's; a field not given is inherited, a given one replaces as a whole", async () => {
  const { challenge } = await one(
    `playground:\n  name: mini-lan\n  machines:\n    - name: client\n      noSSH: true\n      users: [{ name: root }]\n      resources: { ramSize: 1Gi }\n${TASK}`,
  );
  const [machine, ...others] = challenge!.playground.machines;
  expect(others).toEqual([]);
  expect(machine).toMatchObject({
    name: "client",
    image: "debian-12",
    noSSH: true,
    defaultUser: "root",
    memoryBytes: 1024 ** 3,
    interfaces: [{ network: "local", address: "172.16.0.2/24" }],
  });
});

test("a machine that the base does not have is refused", async () => {
  const { problems } = await one(
    `playground:\n  name: mini-lan\n  machines:\n    - name: client\n    - name: moon\n${TASK}`,
  );
  expect(short(problems[0]!)).toBe('13:7 playground mini-lan has no machine "moon"');
});

test("flexbox takes any machines; networks, gateways and addresses are filled in order", async () => {
  const { challenge } = await one(
    `playground:\n  name: flexbox\n  networks:\n    - { name: a, subnet: 10.1.0.0/24 }\n  machines:\n    - { name: client, users: [{ name: laborant }], drives: [{ source: debian-12, mount: / }], network: { interfaces: [{ network: a }] } }\n    - { name: far, users: [{ name: laborant }], drives: [{ source: debian-12, mount: / }], network: { interfaces: [{ network: a }] } }\n${TASK}`,
  );
  expect(challenge!.playground.networks).toEqual([
    { name: "a", subnet: "10.1.0.0/24", gateway: "10.1.0.1", private: false },
  ]);
  expect(challenge!.playground.machines.map((machine) => machine.interfaces[0]!.address)).toEqual([
    "10.1.0.2/24",
    "10.1.0.3/24",
  ]);
});

test("an unknown playground is told with the known names", async () => {
  const { problems } = await one(`playground: moonbase\n${TASK}`);
  expect(short(problems[0]!)).toBe('9:13 unknown playground "moonbase"');
  expect(problems[0]!.fix).toContain("debian-stable");
});

test("legacy spellings: playground as text, timeoutSeconds, a scalar as list, destination on the task", async () => {
  const { challenge, problems } = await one(
    `playground: debian-stable\ntasks:\n  init_a:\n    init: true\n    run: "true"\n  verify_a:\n    needs: verify_b\n    timeoutSeconds: 7\n    destination: /tmp/answer\n    run: "false"\n  verify_b:\n    run: "false"\n`,
    "::simple-task\n---\ntasks: tasks\nname: verify_a\n---\n#active\nA\n::\n\n::user-input-task{tasks=tasks name=verify_b}\n#active\nB\n::\n",
  );
  expect(problems).toEqual([]);
  expect(challenge!.tasks.find((task) => task.name === "verify_a")).toMatchObject({
    needs: ["verify_b", "init_a"],
    timeoutSeconds: 7,
    destination: "/tmp/answer",
    title: "A",
    input: false,
  });
  expect(challenge!.tasks.find((task) => task.name === "verify_b")).toMatchObject({ input: true });
});

test("outputs that another machine's template names are marked for sharing; scripts stay byte for byte", async () => {
  const { challenge } = await one(
    `playground: mini-lan\ntasks:\n  init_a:\n    init: true\n    machine: server\n    run: |\n      printf 'a\\tb'\n\n      echo done\n  verify_a:\n    machine: client\n    needs: [init_a]\n    env: ["A=x(.needs.init_a.stdout)"]\n    run: "false"\n  verify_b:\n    machine: server\n    run: "false"\n`,
  );
  const tasks = Object.fromEntries(challenge!.tasks.map((task) => [task.name, task]));
  expect(tasks["init_a"]!.shareOutputs).toBe(true);
  expect(tasks["init_a"]!.run).toBe("printf 'a\\tb'\n\necho done\n");
  expect(tasks["verify_a"]!.needs).toEqual(["init_a"]);
  expect(tasks["verify_b"]!.needs).toEqual(["init_a"]);
});

test("machines that ask for more than a play may have get less, all by the same factor", async () => {
  const machine = (name: string, cpuCount: number, ramSize: string) =>
    `    - { name: ${name}, users: [{ name: laborant }], drives: [{ source: debian-12, mount: / }], network: { interfaces: [{ network: local }] }, resources: { cpuCount: ${cpuCount}, ramSize: ${ramSize} } }\n`;
  const { challenge } = await one(
    `playground:\n  name: flexbox\n  machines:\n${["a", "b", "c", "d"].map((name) => machine(name, 2, "4GiB")).join("")}tasks:\n  verify_it: { machine: a, run: "false" }\n`,
    "::simple-task\n---\n:name: verify_it\n---\n#active\nDo.\n::\n",
  );
  const got = challenge!.playground.machines.map(({ cpuCount, memoryBytes }) => ({
    cpuCount,
    memoryBytes,
  }));
  expect(got).toEqual(Array.from({ length: 4 }, () => ({ cpuCount: 1, memoryBytes: 2 * 2 ** 30 })));
});
