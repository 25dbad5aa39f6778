"""Asks every command about random folders of exports and compares the answers with an independent oracle.

    python3 benches/doors.py target/release/forecast [--folders 2000] [--seed 1] [--jobs 2] [--keep DIR]
    python3 benches/doors.py target/release/forecast --only 17,42 --keep DIR     # these folders again
    python3 benches/doors.py --rules                                            # what the oracle follows

`doors/worlds.py` and `doors/downloads.py` make the folders, `doors/oracle.py` says which of their charges count,
`doors/ask.py` asks. Prints each difference, then a count for each door, and ends with 1 where there is any.
Folders for which the rules allow two answers are left out and counted. With pyarrow some files are Parquet.
"""

import argparse
import collections
import concurrent.futures
import pathlib
import shutil
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from doors import ask, folders, oracle, worlds  # noqa: E402

TRAIN_EVERY = 20


def sums(answer):
    """What tells one answer from another."""
    if answer.refused:
        return ("refused",)
    return (answer.metric, sorted(map(str, answer.daily().items())), sorted(map(str, answer.cycles().items())),
            sorted(map(str, answer.usage().items())))


def ask_folder(binary, seed, number, keep, only_doors):
    """Scenario, doors asked and differences of one folder; differences are `None` where the rules are open."""
    folder = worlds.make(seed, number)
    found = oracle.answers(folder)
    if any(sums(other) != sums(found[0]) for other in found[1:]):
        return folder.scenario, [], None, found[0]
    with tempfile.TemporaryDirectory(prefix="doors-") as name:
        work = pathlib.Path(name)
        folders.write(folder, work / "in")
        (work / "home").mkdir()
        (work / "card.toml").write_text(ask.CARD)
        question = ask.Question(binary, work, folder, found[0])
        asked, differences = [], []
        for door, compare in ask.DOORS.items():
            if (only_doors and door not in only_doors) or (door == "train" and number % TRAIN_EVERY):
                continue
            lines = compare(question)
            if lines is not None:
                asked.append(door)
                differences += [(door, line) for line in lines]
        if keep and (differences or keep[1]):
            target = pathlib.Path(keep[0]) / f"{folder.name}-{folder.scenario}"
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(work, target, ignore=shutil.ignore_patterns("home"))
            (target / "right.txt").write_text(described(folder, found[0]))
        return folder.scenario, asked, differences, found[0]


def described(folder, answer):
    """The folder and its answer for a reader."""
    lines = [f"{folder.name} {folder.scenario}" + (f" --as-of {folder.as_of}" if folder.as_of else "")]
    for run in sorted(folder.runs, key=lambda r: r.submitted):
        lines.append(f"run {run.scope.resource_id()} {run.kind} {run.first} to {run.last}, submitted "
                     f"{run.submitted:%Y-%m-%d %H:%M}, {len(run.rows)} rows, {run.form}"
                     + (f", damaged: {run.damage}" if run.damage else ""))
    lines += [f"file {f.path}, {len(f.rows)} rows, {f.kind}" for f in folder.loose]
    lines.append(f"refused: {answer.refused}" if answer.refused else f"metric {answer.metric}")
    lines += [f"  {rule}: {oracle.RULES[rule]}" for rule in sorted(answer.rules)]
    lines += [f"{' '.join(map(str, key))} {value}" for key, value in sorted(answer.daily().items(), key=str)]
    return "\n".join(lines) + "\n"


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("binary", nargs="?")
    options.add_argument("--folders", type=int, default=2000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--jobs", type=int, default=2)
    options.add_argument("--only", help="numbers of folders, separated by commas; they are always kept")
    options.add_argument("--doors", help="names of doors, separated by commas")
    options.add_argument("--keep", help="copy folders that differ to this folder")
    options.add_argument("--rules", action="store_true", help="print the rules that the oracle follows")
    chosen = options.parse_args()
    if chosen.rules:
        print("\n".join(f"{rule}: {text}" for rule, text in oracle.RULES.items()))
        return 0
    binary = str(pathlib.Path(chosen.binary).resolve())
    numbers = [int(n) for n in chosen.only.split(",")] if chosen.only else range(chosen.folders)
    keep = (chosen.keep, bool(chosen.only)) if chosen.keep else None
    only_doors = set(chosen.doors.split(",")) if chosen.doors else None
    asked, wrong, scenarios, rules = (collections.Counter() for _ in range(4))
    open_folders = differing = 0
    start = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(chosen.jobs) as pool:
        jobs = [pool.submit(ask_folder, binary, chosen.seed, n, keep, only_doors) for n in numbers]
        for number, job in zip(numbers, jobs):
            scenario, doors, differences, answer = job.result()
            if differences is None:
                open_folders += 1
                continue
            asked.update(doors)
            rules.update(answer.rules)
            wrong.update({door for door, _ in differences})
            if differences:
                differing += 1
                scenarios[scenario] += 1
                print(f"folder {number} ({scenario}; {', '.join(sorted(answer.rules)) or 'no rule in question'})")
                for door, line in differences:
                    print(f"  {door}: {line}", flush=True)
    print(f"\n{len(numbers)} folders of seed {chosen.seed} in {time.monotonic() - start:.0f} s; "
          f"{open_folders} have no single right answer and were left out")
    print("rules in question: " + ", ".join(f"{rule} {n}" for rule, n in sorted(rules.items())))
    if scenarios:
        print("scenarios that differ: " + ", ".join(f"{name} {n}" for name, n in scenarios.most_common()))
    for door in ask.DOORS:
        print(f"{door:18} {asked[door]:5} asked, {wrong[door]:5} differ")
    print(f"{differing} folders differ")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
