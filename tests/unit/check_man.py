#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Lints man pages and completion against the binaries:
check_man.py BATON SERVICE SEVER BATON.8 BATON.CONF.5 OCF_BATON_SERVICE.7 OCF_BATON_SEVER.7 COMPLETION"""
import os
import re
import subprocess
import sys
import tempfile

baton, service, sever, man8, man5, man7, man7_sever, completion = sys.argv[1:]
problems = []


def check(condition, what):
    if not condition:
        problems.append(what)



def columns(text):
    """Those that --help tells of."""
    return re.findall(r"^  ([A-Z][A-Z-]*) +\S", text, re.M)


text8, text5, text7, text7_sever = (open(m).read() for m in (man8, man5, man7, man7_sever))
listing = subprocess.run([baton, "help"], capture_output=True, text=True, check=True).stdout
commands = re.findall(r"^  ([a-z-]+) ", listing, re.M)
documented = re.findall(r"^\.It Cm ([a-z-]+)", text8.split(".Sh COMMANDS")[1].split(".Sh ")[0], re.M)
check(commands, "`baton help` lists no command")
check(set(commands) == set(documented),
      f"baton(8) and `baton help` differ: {sorted(set(commands) ^ set(documented))}")
for command in commands:
    if command in ("help", "version"):
        continue
    out = subprocess.run([baton, command, "--help"], capture_output=True, text=True).stdout
    # A command may have several items, one for each of its forms.
    section = "".join(part.split("\n.It Cm")[0] for part in text8.split(f".It Cm {command} ")[1:])
    for option in set(re.findall(r"--([a-z][a-z-]*)", out)) - {"help", "usage", "version"}:
        check(re.search(rf"-{option}\b", section), f"baton(8): {command} lacks --{option}")
    said = {name for line in re.findall(r"^\.Sy ([A-Z].*)", section, re.M)
            for name in re.findall(r"\b[A-Z][A-Z-]+\b", line)}
    check(said == set(columns(out)), f"baton(8): {command}: columns: {said ^ set(columns(out))}")
for page, text in ((man8, text8), (man5, text5), (man7, text7),
                   (man7_sever, text7_sever)):
    check(not re.search(r"^@[A-Z_]+@$", text, re.M), f"{page}: not generated")
check(len(re.findall(r"^\.It \d+$", text8, re.M)) >= 10, "baton(8): exit statuses are missing")
check(".It Cm device No = Ar PATH" in text5, "baton.conf(5): keys are missing")

for agent, page, text, least in ((service, man7, text7, 7), (sever, man7_sever, text7_sever, 5)):
    usage = subprocess.run([agent, "usage"], capture_output=True, text=True, check=True).stdout
    actions = re.search(r"^Actions: (.*)", usage, re.M).group(1).split()
    documented = re.findall(r"^\.It Cm ([a-z_-]+)", text.split(".Sh ACTIONS")[1].split(".Sh ")[0],
                            re.M)
    check(len(actions) >= least and sorted(set(documented)) == sorted(actions),
          f"{page}: actions: {sorted(set(actions) ^ set(documented))}")
    synopsis = re.search(r"^\.Cm (start .*)", text, re.M).group(1).split(" | ")
    check(sorted(synopsis) == sorted([*actions, "usage"]), f"{page}: synopsis: {synopsis}")
    check(re.findall(r"^\.It (\d+)$", text, re.M) == [str(n) for n in range(8)],
          f"{page}: exit statuses")

# The example of the man page is a good service file.
with tempfile.TemporaryDirectory() as d:
    example = text5.split(".Bd -literal\n")[1].split(".Ed")[0]
    open(os.path.join(d, "example.conf"), "w").write(example)
    env = dict(os.environ, BATON_CONFDIR=d)
    out = subprocess.run([baton, "check", "example"], capture_output=True, text=True, env=env).stdout
    check(re.search(r"^configuration +ok", out, re.M), f"baton.conf(5): example: {out}")

    def complete(*words):
        script = ("source \"$1\"; shift; compopt() { :; }; COMP_WORDS=(\"$@\"); "
                  "COMP_CWORD=$(($# - 1)); _baton; printf '%s\\n' \"${COMPREPLY[@]}\"")
        r = subprocess.run(["bash", "-c", script, "bash", completion, baton, *words],
                           capture_output=True, text=True, env=env)
        check(not r.stderr, r.stderr)
        return sorted(r.stdout.split())

    check(complete("") == sorted(commands), f"completion of commands: {complete('')}")
    check(complete("che") == ["check"], "completion of 'che'")
    check(complete("check", "") == ["example"], "completion of services")
    check("--json" in complete("check", "--"), "completion of options")
    check("--shared" in complete("check", "--s"), "completion of --shared")
    names = columns(subprocess.run([baton, "status", "--help"], capture_output=True,
                                   text=True).stdout)
    check(len(names) > 10, f"columns of status: {names}")
    for words in (["-o", ""], ["--output", ""], ["--output", "="], ["--output", "=", ""]):
        check(complete("status", *words) == sorted(names), f"completion of {words}")
    check(complete("status", "-o", "H") == ["HEAD", "HOLDING"], "completion of a column")
    check(complete("status", "-o", "+mo") == ["+MOVED"], "completion of one more column")
    check(complete("status", "-o", "STATE,l") == ["STATE,LAST-MOVE"], "completion of the second")
    check(complete("status", "-o", "a/&,hea") == ["a/&,HEAD"], "completion after what is no column")
    check(complete("check", "-o", "A") == ["ADVICE"], "completion of check's columns")
    check(complete("sever", "--output", "=", "PEER,L") == ["PEER,LOCAL"], "completion of sever's columns")
    check(complete("status", "-o", "HEAD", "") == ["example"], "completion of services after -o")
    check(complete("metrics", "-o", "") == [], "metrics writes a file")
    check(complete("import", "") == [], "import takes groups and files, no services")
    with open(os.path.join(d, "crm_node"), "w") as f:
        f.write("#!/bin/sh\necho 1 head1 member\necho 2 head2 lost\n")
    os.chmod(f.name, 0o755)
    env["PATH"] = d + ":" + env["PATH"]
    check(complete("move", "") == ["example"], "completion of services of move")
    for words in (["move", "--json", "example"], ["evacuate"], ["evacuate", "--to"], ["return", "--json"]):
        check(complete(*words, "h") == ["head1", "head2"], f"completion of heads after {words}")
    check(complete("evacuate", "--order", "") == ["example"], "completion of services of evacuate")

for problem in problems:
    print(problem, file=sys.stderr)
sys.exit(bool(problems))
