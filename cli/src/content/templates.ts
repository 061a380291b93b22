import { stringify } from "yaml";

/** What a new folder is about. */
export interface Wanted {
  name: string;
  title: string;
  description: string;
  category: string;
  difficulty: string;
  playground: string;
  /** Of the playground; the first is where the tasks run. */
  machines: string[];
  date: string;
  /** Where the schema of manifests lies, seen from the folder. */
  schema: string;
}

const yaml = (value: object): string => stringify(value, { lineWidth: 0 });

function head(kind: string, wanted: Wanted, more: object = {}): string {
  return yaml({
    kind,
    title: wanted.title,
    description: wanted.description,
    categories: [wanted.category],
    tagz: [tagOf(wanted)],
    ...more,
    createdAt: wanted.date,
  });
}

/** Words of a name that are no topic. */
const SMALL = new Set(
  "a an and at for from in is nobody not of on that the this to two what with".split(" "),
);

function tagOf({ name, category }: Wanted): string {
  return name.split("-").find((word) => word !== category && !SMALL.has(word)) ?? "new";
}

/** Files of a new item by path. Every template passes lint as it is; a challenge passes its solution. */
export const TEMPLATES: Record<string, (wanted: Wanted) => Record<string, string>> = {
  challenge: (wanted) => {
    const where = wanted.machines.length > 1 ? { machine: wanted.machines[0] } : {};
    const tasks = {
      init_word: {
        init: true,
        ...where,
        run: "mkdir -p /srv/agon\nhead -c 6 /dev/urandom | od -An -tx1 | tr -d ' \\n' | tee /srv/agon/word\nchmod 644 /srv/agon/word\n",
      },
      verify_file: {
        ...where,
        run: "[ -f /home/laborant/answer.txt ]",
        hintcheck: 'echo "There is no answer.txt in the home of laborant."',
      },
      verify_word: {
        ...where,
        needs: ["verify_file"],
        env: ["WANTED=x(.needs.init_word.stdout)"],
        run: '[ "$(cat /home/laborant/answer.txt)" = "$WANTED" ]',
        hintcheck: 'echo "answer.txt holds something else than the word of this machine."',
      },
    };
    return {
      "index.md": `---
${head("challenge", wanted, { difficulty: wanted.difficulty })}playground: ${wanted.playground}
${yaml({ tasks })}---

Somewhere below \`/srv\` lies a word that is different in every play. Copy it into \`~/answer.txt\`.

::simple-task
---
:tasks: tasks
:name: verify_file
---
#active
There is a file \`answer.txt\` in your home.

#completed
The file is there.
::

::simple-task
---
:tasks: tasks
:name: verify_word
---
#active
It holds the word.

#completed
That is the word.
::

::hint-box
---
:summary: How to search?
---

\`find /srv -type f\` lists every file below a folder.
::
`,
      "solution.md": `The word lies in \`/srv/agon/word\`:

\`\`\`sh
find /srv -type f
cp /srv/agon/word ~/answer.txt
\`\`\`
`,
      ".solution.sh": `cp /srv/agon/word ~/answer.txt
examinerctl task wait verify_file --timeout 60s
examinerctl task wait verify_word --timeout 60s
`,
      ".wrong.sh": "echo a-guess > ~/answer.txt\n",
    };
  },
  tutorial: (wanted) => ({
    "index.md": `---
${head("tutorial", wanted, { cover: "__static__/cover.svg" })}playground: ${wanted.playground}
---

What a reader will be able to do at the end.

## First step

\`\`\`sh
uname -a
\`\`\`

::remark-box
---
kind: info
---
Why this is so.
::
`,
    "__static__/cover.svg": `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 180"><rect width="320" height="180" fill="#1d2733"/><path d="M40 130 120 60l50 45 40-30 70 55" fill="none" stroke="#6fd0a6" stroke-width="6"/></svg>\n`,
  }),
  "skill-path": (wanted) => ({
    "index.md": `---\n${head("skill-path", wanted, { difficulties: [wanted.difficulty] })}---\n\nWhom this way is for, and where it leads.\n`,
    "unit-10.md": `---\nkind: unit\nname: start\ntitle: Where to begin\n---\n\nName content in the front matter (\`challenges: {NAME: {}}\`) and show it here with a card.\n`,
  }),
  course: (wanted) => ({
    "index.md": `---\n${head("course", wanted)}---\n\nWhat the course teaches.\n`,
    "10.start/index.md": `---\nkind: lesson\nname: start\ntitle: The first lesson\ndescription: What it is about.\nplayground: ${wanted.playground}\n---\n`,
    "10.start/unit-10.md": `---\nkind: unit\nname: look\ntitle: Look around\n---\n\nThe text of the lesson stands in its units.\n`,
  }),
  training: (wanted) => ({
    "index.md": `---\n${yaml({ kind: "training", title: wanted.title, description: wanted.description })}---\n\nThe front page.\n`,
    "program.md": `---\ntitle: The program\n---\n\nWhat happens when.\n`,
    "unit-10.md": `---\nkind: unit\nname: day-one\ntitle: Day one\n---\n\nIts content.\n`,
  }),
  playground: (wanted) => ({
    "manifest.yaml": `# yaml-language-server: $schema=${wanted.schema}
${yaml({
  kind: "playground",
  name: wanted.name,
  title: wanted.title,
  description: wanted.description,
  categories: [wanted.category],
  playground: {
    machines: [
      {
        name: `${wanted.name.split("-")[0]}-01`,
        users: [{ name: "laborant", default: true }, { name: "root" }],
        drives: [{ source: "debian-12", mount: "/", size: "2GiB" }],
        network: { interfaces: [{ network: "local" }] },
        resources: { cpuCount: 1, ramSize: "512MiB" },
      },
    ],
    accessControl: { canList: ["owner"], canRead: ["owner"], canStart: ["owner"] },
  },
})}`,
  }),
};
