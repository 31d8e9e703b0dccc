"""Damage to one object of a store, wherever its pack is."""
import pathlib
import subprocess


def damage_object(git_dir, name):
    """Writes over the middle of what `git rev-parse` takes `name` for; it has to be packed whole."""
    git = ["git", "--git-dir", str(git_dir)]
    object_id = subprocess.run([*git, "rev-parse", name], capture_output=True, text=True, check=True).stdout.strip()
    for pack in sorted((pathlib.Path(git_dir) / "objects" / "pack").glob("*.pack")):
        listed = subprocess.run(["git", "verify-pack", "-v", str(pack)], capture_output=True, text=True).stdout
        for line in listed.splitlines():
            # id, type, size, size in the pack, offset
            fields = line.split()
            if fields[:1] != [object_id]:
                continue
            pack.chmod(0o600)
            with open(pack, "r+b") as file:
                file.seek(int(fields[4]) + int(fields[3]) // 2)
                file.write(b"\xff\x00\xff\x00")
            return
    raise RuntimeError(f"no pack of {git_dir} holds {name}")
